package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
)

// column is one column of a table or CSV file.
type column[T any] struct {
	name  string
	value func(T) string
	width int // in a table, in characters; 0 means tableWidth
}

func checkFormat(format string) error {
	switch format {
	case "table", "json", "jsonl", "csv":
		return nil
	}
	return fmt.Errorf("output %q is not known, write -o table, json, jsonl or csv", format)
}

// rowWriter writes rows in the format of -o as they come; only a table is
// held in memory, because its columns must be measured.
type rowWriter[T any] struct {
	out     io.Writer
	format  string
	columns []column[T]
	fields  []column[T] // of a CSV file: raw values, nothing clipped
	csv     *csv.Writer
	table   table.Writer
	rows    int
}

func newRowWriter[T any](p *program, columns []column[T]) *rowWriter[T] {
	return &rowWriter[T]{out: p.stdout, format: p.settings.format, columns: columns, fields: columns}
}

// tableWidth bounds a cell of a table.
const tableWidth = 44

// write adds one row.
func (w *rowWriter[T]) write(row T) error {
	w.rows++
	switch w.format {
	case "json":
		return w.writeElement(row)
	case "jsonl":
		return writeJSON(w.out, row)
	case "csv":
		return w.writeCSV(row)
	}
	if w.table == nil {
		w.table = newTable(w.columns)
	}
	cells := make(table.Row, len(w.columns))
	for i, c := range w.columns {
		cells[i] = clip(c.value(row), cmp.Or(c.width, tableWidth))
	}
	w.table.AppendRow(cells)
	return nil
}

func (w *rowWriter[T]) writeElement(row T) error {
	open := ",\n"
	if w.rows == 1 {
		open = "[\n"
	}
	if _, err := io.WriteString(w.out, open); err != nil {
		return err
	}
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	_, err = w.out.Write(text)
	return err
}

func (w *rowWriter[T]) writeCSV(row T) error {
	if w.csv == nil {
		if err := w.startCSV(); err != nil {
			return err
		}
	}
	record := make([]string, len(w.fields))
	for i, c := range w.fields {
		record[i] = cell(c.value(row))
	}
	if err := w.csv.Write(record); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}

func (w *rowWriter[T]) startCSV() error {
	w.csv = csv.NewWriter(w.out)
	names := make([]string, len(w.fields))
	for i, c := range w.fields {
		names[i] = c.name
	}
	return w.csv.Write(names)
}

// close writes what stands after the last row.
func (w *rowWriter[T]) close() error {
	switch {
	case w.format == "json" && w.rows == 0:
		_, err := io.WriteString(w.out, "[]\n")
		return err
	case w.format == "json":
		_, err := io.WriteString(w.out, "\n]\n")
		return err
	case w.format == "csv" && w.csv == nil:
		if err := w.startCSV(); err != nil {
			return err
		}
		w.csv.Flush()
		return w.csv.Error()
	case w.table != nil:
		_, err := fmt.Fprintln(w.out, w.table.Render())
		return err
	}
	return nil
}

func newTable[T any](columns []column[T]) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	t.SetStyle(style)
	header := make(table.Row, len(columns))
	for i, c := range columns {
		header[i] = c.name
	}
	t.AppendHeader(header)
	t.SuppressTrailingSpaces()
	return t
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeRows writes a short list at once.
func writeRows[T any](p *program, columns []column[T], rows []T) error {
	w := newRowWriter(p, columns)
	for _, row := range rows {
		if err := w.write(row); err != nil {
			return err
		}
	}
	return w.close()
}
