package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// tokenVariable is where the operator's token is looked for first.
	tokenVariable = "EXCHANGE_ADMIN_TOKEN"
	// tokenFile is its file in the data directory.
	tokenFile = "admin.token"
	// tokenBytes of randomness are in a token that is made.
	tokenBytes = 32
	// ownerOnly is the mode of files that hold secrets.
	ownerOnly = 0o600
)

// adminToken returns the operator's token, and where it is: in the environment, or
// in the data directory, where one is made if there is none.
func adminToken(dir string) (token, where string, err error) {
	if token, given := os.LookupEnv(tokenVariable); given {
		if strings.TrimSpace(token) == "" {
			return "", "", fmt.Errorf("the environment variable %s is empty: set a token, or unset it to have one made", tokenVariable)
		}
		return token, "$" + tokenVariable, nil
	}
	path := filepath.Join(dir, tokenFile)
	token, err = readToken(path)
	if errors.Is(err, fs.ErrNotExist) {
		token, err = makeToken(path)
	}
	if err != nil {
		return "", "", fmt.Errorf("the operator's token: %w", err)
	}
	return token, path, nil
}

func readToken(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err //nolint:wrapcheck // it names the file
	}
	if mode := info.Mode().Perm(); mode&^ownerOnly != 0 {
		return "", fmt.Errorf("%s can be read by others (mode %04o): chmod 600 it, or remove it to have another one made", path, mode)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err //nolint:wrapcheck // it names the file
	}
	token := strings.TrimSpace(string(b))
	if token == "" {
		return "", fmt.Errorf("%s is empty: remove it to have another one made", path)
	}
	return token, nil
}

// makeToken makes a token. Its file appears with the token in it, or not at all.
func makeToken(path string) (string, error) {
	var random [tokenBytes]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	token := hex.EncodeToString(random[:])
	f, err := os.CreateTemp(filepath.Dir(path), tokenFile+".*") // made for its owner only
	if err != nil {
		return "", err //nolint:wrapcheck // it names the file
	}
	_, err = f.WriteString(token + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return token, nil
}
