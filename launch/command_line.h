// The `tutti` command. A program of one's own becomes one, with its own layers and models beside
// the shipped ones, by `int main(int argc, char** argv) { return tutti::run_command(argc, argv);
// }`.
#pragma once

namespace tutti {

// Runs one command and gives the exit code (core/base/error.h); everything that goes wrong is
// printed.
int run_command(int argc, const char* const* argv);

}  // namespace tutti
