package api_test

import "testing"

const validBody = `{"name":"Review a pull request","description":"Finds what matters in a pull request."}`

func TestGetItem(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{
			name: "public, anonymous", method: "GET", path: "/v1/prompts/" + publicPrompt,
			status: 200, want: []string{`"kind":"prompt"`, `"slug":"name-of-pub000000001-pub000000001"`, `"owner":{"displayName":"Maria","handle":"Maria"}`, `"createdAt":"2026-11-23T08:00:01.000Z"`},
		},
		{
			name: "create", as: "maria", method: "POST", path: "/v1/prompts", body: `{"name":"Review a pull request","description":"Finds what matters in a pull request.","content":"x"}`,
			status: 201, wantHeaders: map[string]string{"Location": "/v1/prompts/made00000001"},
		},
		{name: "list", method: "GET", path: "/v1/prompts", status: 200},
	})
}
