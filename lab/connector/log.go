package main

import (
	"bytes"
	"io"
	"log"
	"os"
	"slices"
)

var levels = []string{"debug", "info", "warn", "error", "fatal"}

// limitLog leaves out lines below a level, such as INFO ones at "warn". As cloudflared, it takes a level that it does not know for info.
func limitLog(level string) {
	least := slices.Index(levels, level)
	if least < 0 {
		log.Printf("ERROR Failed to parse log level %q, using \"info\" instead", level)
		return
	}
	log.SetOutput(&limitedLog{os.Stderr, least})
}

type limitedLog struct {
	io.Writer
	least int
}

func (l *limitedLog) Write(line []byte) (int, error) {
	for below := range levels[:l.least] {
		if bytes.Contains(line, []byte(" "+string(bytes.ToUpper([]byte(levels[below])))+" ")) {
			return len(line), nil
		}
	}
	return l.Writer.Write(line)
}
