// What standard output leads to, and what may be written there.
#pragma once

#include <string>

namespace tutti {

// Whether people see it on a terminal as it is written. False where that is not sure: a launcher
// gives its ranks terminals of its own making and may pass what they write on to a file.
bool stdout_is_watched();

// Columns of the terminal: COLUMNS, else the terminal's own, else 80.
int terminal_columns();

// A message on one line, whatever it quotes of a file: control characters, which move the cursor
// and worse, are spaces, and a very long one is left out in its middle.
std::string one_line(std::string text);

}  // namespace tutti
