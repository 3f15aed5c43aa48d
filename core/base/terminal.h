// What standard output leads to.
#pragma once

namespace tutti {

// Whether people see it on a terminal as it is written. False where that is not sure: a launcher
// gives its ranks terminals of its own making and may pass what they write on to a file.
bool stdout_is_watched();

// Columns of the terminal: COLUMNS, else the terminal's own, else 80.
int terminal_columns();

}  // namespace tutti
