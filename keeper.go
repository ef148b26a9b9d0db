package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/awskms"
	"gocloud.dev/secrets/localsecrets"

	"promptz/internal/config"
	"promptz/internal/promptz"
)

// keeperSchemes are what secret keys can be kept by.
var keeperSchemes = []string{localsecrets.Scheme, awskms.Scheme}

// secretKeyFile is where the key of base64key:// lies in the data folder.
const secretKeyFile = "secret.key"

// openKeeper opens what seals this deployment's secret keys.
func openKeeper(ctx context.Context, _ data, cfg config.Config) (*secrets.Keeper, func(), error) {
	keeper, err := openKeeperURL(ctx, cfg, cfg.Secrets)
	if err != nil {
		return nil, nil, err
	}
	return keeper, func() { keeper.Close() }, nil
}

// Rewrap seals the root key for the keeper that to names. Servers that run go on;
// those that start later need that keeper.
func Rewrap(ctx context.Context, cfg config.Config, log *slog.Logger, to string) error {
	if err := CheckShared(cfg); err != nil {
		return err
	}
	tools, cleanup, err := OpenTools(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer cleanup()
	keeper, err := openKeeperURL(ctx, cfg, to)
	if err != nil {
		return err
	}
	defer keeper.Close()
	return tools.Keyring.Rewrap(ctx, keeper)
}

// BackupNeeds says what a backup can't be read without.
func BackupNeeds(cfg config.Config) string {
	u, err := url.Parse(cfg.Secrets)
	if err == nil && u.Scheme == localsecrets.Scheme && u.Host == "" {
		return "it needs " + filepath.Join(cfg.Data, secretKeyFile) + ", which is not in it: keep that too, in another place"
	}
	return "it needs the secrets keeper that the configuration names"
}

func openKeeperURL(ctx context.Context, cfg config.Config, raw string) (*secrets.Keeper, error) {
	filled, err := cfg.Fill(raw)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(filled)
	if err != nil {
		return nil, errors.New("open secrets keeper: its URL can't be read")
	}
	if u.Scheme == localsecrets.Scheme && u.Host == "" {
		return openKeyFile(filepath.Join(cfg.Data, secretKeyFile))
	}
	var mux secrets.URLMux
	mux.RegisterKeeper(localsecrets.Scheme, new(localsecrets.URLOpener))
	mux.RegisterKeeper(awskms.Scheme, new(awskms.URLOpener))
	keeper, err := mux.OpenKeeperURL(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("open secrets keeper: %w", err)
	}
	return keeper, nil
}

// openKeyFile opens the keeper of a key file, which is made where there is none.
func openKeyFile(path string) (*secrets.Keeper, error) {
	if err := makeKeyFile(path); err != nil {
		return nil, fmt.Errorf("make secret key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read secret key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, promptz.Errorf(promptz.CodeConflict,
			"%s can be read by others (mode %04o). If nobody did, run `chmod 600 %s`.", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read secret key: %w", err)
	}
	key, err := localsecrets.Base64KeyStd(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, promptz.Errorf(promptz.CodeConflict, "%s holds no key: it has to be 32 bytes in base64. Put back the one that was there.", path)
	}
	return localsecrets.NewKeeper(key), nil
}

// makeKeyFile makes a key file where there is none. It appears whole or not at
// all, and of two who make it at once one is used by both.
func makeKeyFile(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), secretKeyFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		return err
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
