package devices

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
)

// boardsCSV maps the boards of the Bitaxe project to their chips and names;
// cap_w is the power limit that its firmware sets for the board.
//
//go:embed boards.csv
var boardsCSV string

type board struct {
	version, chip string
	model         int // in the table's list
	capW          float64
}

// Board returns the Bitaxe of a board version ("601") and an ASIC model
// ("BM1370"), and the watts that its firmware allows it. Both must fit where
// the chip is given. A revision that is not known, such as 604, counts as the
// others of its ten with this chip.
func (t *Table) Board(version, chip string) (d Device, capW float64, ok bool) {
	for _, exact := range []bool{true, false} {
		for _, b := range t.boards {
			if (exact && b.version == version || !exact && chip != "" && sameTen(b.version, version)) && (chip == "" || b.chip == chip) {
				return t.list[b.model], b.capW, true
			}
		}
	}
	return Device{}, 0, false
}

func sameTen(a, b string) bool {
	return len(a) == 3 && len(b) == 3 && a[:2] == b[:2] && a[1] != '.' && b[2] >= '0' && b[2] <= '9'
}

func readBoards(r io.Reader, t *Table) ([]board, error) {
	var out []board
	err := eachRow("boards.csv", "board,chips,chip,model,cap_w", r, func(row []string) error {
		i, ok := t.exact[name{"Bitaxe", row[3]}]
		if !ok {
			return fmt.Errorf("devices.csv knows no %q of vendor Bitaxe", row[3])
		}
		watts, err := strconv.ParseFloat(row[4], 64)
		if err != nil || watts <= 0 {
			return fmt.Errorf("cap_w %q is no number above 0", row[4])
		}
		out = append(out, board{version: row[0], chip: row[2], model: i, capW: watts})
		return nil
	})
	return out, err
}
