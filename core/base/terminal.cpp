#include "core/base/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace tutti {
namespace {

std::string process_file(pid_t process, const char* name) {
  std::ifstream file(fmt::format("/proc/{}/{}", process, name));
  return {std::istreambuf_iterator<char>(file), {}};
}

pid_t parent_of(pid_t process) {  // 0 if nobody says
  const std::string text = process_file(process, "stat");
  const size_t name_end = text.rfind(')');  // "1234 (mpirun) S 1200 ..."
  return name_end + 4 < text.size() ? std::atoi(text.c_str() + name_end + 4) : 0;
}

bool writes_to_terminal(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0 || !S_ISCHR(file.st_mode)) return false;
  const int opened = open(path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  const bool terminal = opened >= 0 && isatty(opened);
  if (opened >= 0) close(opened);
  return terminal;
}

// Open MPI passes on what its ranks write: the nearest ancestor that does not write where we do is
// the one that does so. On another host than mpirun's that is a daemon, and nobody can tell.
bool mpirun_writes_to_terminal() {
  struct stat mine {};
  if (fstat(STDOUT_FILENO, &mine) != 0) return false;
  for (pid_t process = getppid(); process > 0; process = parent_of(process)) {
    const std::string path = fmt::format("/proc/{}/fd/1", process);
    struct stat theirs {};
    if (stat(path.c_str(), &theirs) != 0) return false;
    if (S_ISCHR(theirs.st_mode) && theirs.st_rdev == mine.st_rdev) continue;
    for (const char* name : {"mpirun\n", "mpiexec\n", "orterun\n", "prterun\n"})
      if (process_file(process, "comm") == name) return writes_to_terminal(path);
    return false;
  }
  return false;
}

}  // namespace

bool stdout_is_watched() {
  if (!isatty(STDOUT_FILENO)) return false;
  return !std::getenv("OMPI_COMM_WORLD_RANK") || mpirun_writes_to_terminal();
}

int terminal_columns() {
  if (const char* text = std::getenv("COLUMNS"))
    if (const int columns = std::atoi(text); columns > 0) return columns;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string one_line(std::string text) {
  constexpr size_t kLongest = 4000;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool high =  // U+0080 to U+009F
        byte(i) == 0xc2 && i + 1 < text.size() && byte(i + 1) >= 0x80 && byte(i + 1) < 0xa0;
    if (byte(i) < 0x20 || byte(i) == 0x7f || high) text[i] = ' ';
    if (high) text[i + 1] = ' ';
  }
  if (text.size() > kLongest) text.replace(kLongest / 2, text.size() - kLongest, " ... ");
  return text;
}

}  // namespace tutti
