package terraformtest

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are Terraform's, as far as the configuration uses them. See
// https://developer.hashicorp.com/terraform/language/functions.
func functions(dir string) map[string]function.Function {
	return map[string]function.Function{
		"ceil": stdlib.CeilFunc, "coalesce": stdlib.CoalesceFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
		"flatten": stdlib.FlattenFunc, "floor": stdlib.FloorFunc, "join": stdlib.JoinFunc, "jsondecode": stdlib.JSONDecodeFunc,
		"jsonencode": stdlib.JSONEncodeFunc, "keys": stdlib.KeysFunc, "length": stdlib.LengthFunc, "merge": stdlib.MergeFunc,
		"setsubtract": stdlib.SetSubtractFunc, "sort": stdlib.SortFunc, "split": stdlib.SplitFunc, "title": stdlib.TitleFunc,
		"trimprefix": stdlib.TrimPrefixFunc, "upper": stdlib.UpperFunc,
		"toset":     stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"sensitive": identity, "uuid": constant("00000000-0000-4000-8000-000000000000"),
		"try": tryfunc.TryFunc, "one": one, "replace": text3(replace),
		"urlencode":        text1(func(s string) (string, error) { return url.QueryEscape(s), nil }),
		"file":             text1(func(name string) (string, error) { return read(dir, name) }),
		"filebase64sha256": text1(func(string) (string, error) { return "", nil }),
		"fileexists":       yes, "startswith": startsWith,
	}
}

func read(dir, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	return string(text), err
}

// replace takes what is between slashes for a regular expression.
func replace(s, what, by string) (string, error) {
	if len(what) < 2 || !strings.HasPrefix(what, "/") || !strings.HasSuffix(what, "/") {
		return strings.ReplaceAll(s, what, by), nil
	}
	pattern, err := regexp.Compile(what[1 : len(what)-1])
	if err != nil {
		return "", err
	}
	return pattern.ReplaceAllString(s, by), nil
}

var textParam = function.Parameter{Name: "text", Type: cty.String}

func text1(f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam}, Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			return cty.StringVal(s), err
		},
	})
}

func text3(f func(a, b, c string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam, textParam, textParam}, Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString(), args[1].AsString(), args[2].AsString())
			return cty.StringVal(s), err
		},
	})
}

func constant(text string) function.Function {
	return function.New(&function.Spec{
		Type: function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) { return cty.StringVal(text), nil },
	})
}

var identity = text1(func(s string) (string, error) { return s, nil })

// yes stands for fileexists: what is built is not there when tests run.
var yes = function.New(&function.Spec{
	Params: []function.Parameter{textParam}, Type: function.StaticReturnType(cty.Bool),
	Impl: func([]cty.Value, cty.Type) (cty.Value, error) { return cty.True, nil },
})

var startsWith = function.New(&function.Spec{
	Params: []function.Parameter{textParam, textParam}, Type: function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.BoolVal(strings.HasPrefix(args[0].AsString(), args[1].AsString())), nil
	},
})

// one gives the element of a list that has one, null of one that has none.
var one = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		for it := args[0].ElementIterator(); it.Next(); {
			_, value := it.Element()
			return convert.Convert(value, cty.String)
		}
		return cty.NullVal(cty.String), nil
	},
})
