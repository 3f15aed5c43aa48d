#include "launch/command_line.h"

int main(int argc, char** argv) { return tutti::run_command(argc, argv); }
