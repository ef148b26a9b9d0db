package sqlitedocstore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"gocloud.dev/docstore"

	"promptz/internal/gocdk/sqliteengine"
)

// nameSyntax is what collections and indexed fields may be called, so that a
// name needs no escaping within an identifier or a JSON path.
var nameSyntax = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// statements are the SQL texts of a collection.
type statements struct {
	table              string // its name, quoted
	get, create, put   string
	replace, replaceAt string // At: only if the revision is still that
	remove, removeAt   string
}

func newStatements(table string) statements {
	t := quote(table)
	const insert = "INSERT INTO %s (key, revision, doc) VALUES (?, ?, ?) ON CONFLICT (key) DO "
	return statements{
		table:     t,
		get:       fmt.Sprintf("SELECT revision, doc FROM %s WHERE key = ?", t),
		create:    fmt.Sprintf(insert+"NOTHING", t),
		put:       fmt.Sprintf(insert+"UPDATE SET revision = excluded.revision, doc = excluded.doc", t),
		replace:   fmt.Sprintf("UPDATE %s SET revision = ?, doc = ? WHERE key = ?", t),
		replaceAt: fmt.Sprintf("UPDATE %s SET revision = ?, doc = ? WHERE key = ? AND revision = ?", t),
		remove:    fmt.Sprintf("DELETE FROM %s WHERE key = ?", t),
		removeAt:  fmt.Sprintf("DELETE FROM %s WHERE key = ? AND revision = ?", t),
	}
}

func quote(identifier string) string {
	return `"` + strings.ReplaceAll(identifier, `"`, `""`) + `"`
}

// fieldSQL is the expression for a field, the same in indexes and queries:
// SQLite matches them by their text. Missing and null fields are NULL.
func fieldSQL(field string) string { return `json_extract(doc, '$."` + field + `"')` }

func (c *collection) indexName(x Index) string { return quote(c.name + ":" + x.String()) }

// open checks the arguments, opens the file and makes table and indexes.
func (c *collection) open(ctx context.Context, path string, opts *Options) error {
	if opts != nil {
		c.opts = *opts
	}
	if c.opts.RevisionField == "" {
		c.opts.RevisionField = docstore.DefaultRevisionField
	}
	if err := c.checkNames(); err != nil {
		return fmt.Errorf("open collection %q: %w", c.name, err)
	}
	c.sql = newStatements(c.name)
	engine, err := sqliteengine.Open(ctx, path, &sqliteengine.Options{SecureDelete: c.opts.SecureDelete})
	if err != nil {
		return fmt.Errorf("open collection %q: %w", c.name, err)
	}
	c.engine = engine
	if err := c.migrate(ctx); err != nil {
		return errors.Join(fmt.Errorf("open collection %q: %w", c.name, err), engine.Close())
	}
	return nil
}

func (c *collection) checkNames() error {
	if !nameSyntax.MatchString(c.name) || strings.HasPrefix(strings.ToLower(c.name), "sqlite_") {
		return fmt.Errorf("name %q must be letters, digits, '_' and '-', and not begin with sqlite_", c.name)
	}
	seen := map[string]bool{}
	for _, x := range c.opts.Indexes {
		if !nameSyntax.MatchString(x.Partition) || !nameSyntax.MatchString(x.Sort) {
			return fmt.Errorf("index %q must be two names of letters, digits, '_' and '-'", x)
		}
		// SQLite's names do not tell cases apart.
		if folded := strings.ToLower(x.String()); seen[folded] {
			return fmt.Errorf("index %q is declared twice", x)
		} else {
			seen[folded] = true
		}
	}
	return nil
}

// migrate makes the table and those indexes that are not there. It never
// removes an index: a process with other declarations may need it.
func (c *collection) migrate(ctx context.Context) error {
	return c.engine.Write(ctx, func(conn *sqliteengine.Conn) error {
		// key has no type on purpose: 1 and '1' are different keys.
		_, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+quote(c.name)+
			" (id INTEGER PRIMARY KEY, key NOT NULL UNIQUE, revision TEXT NOT NULL, doc BLOB NOT NULL)")
		if err != nil {
			return fmt.Errorf("create table: %w", err)
		}
		for _, x := range c.opts.Indexes {
			partition, sort := fieldSQL(x.Partition), fieldSQL(x.Sort)
			_, err := conn.Exec(ctx, fmt.Sprintf(
				"CREATE INDEX IF NOT EXISTS %s ON %s (%s, %s) WHERE %s IS NOT NULL AND %s IS NOT NULL",
				c.indexName(x), quote(c.name), partition, sort, partition, sort))
			if err != nil {
				return fmt.Errorf("create index %q: %w", x, err)
			}
		}
		return nil
	})
}
