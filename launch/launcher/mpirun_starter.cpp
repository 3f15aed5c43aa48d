#include "launch/launcher/mpirun_starter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/base/error.h"

namespace tutti::launch {
namespace {

constexpr std::chrono::milliseconds kVersion{20'000};  // for mpirun to say its version
constexpr std::chrono::milliseconds kGrace{4000};      // for it to tidy up

// "a:2,b:1": a host's ranks stand side by side.
std::string host_list(const SeatHosts& seats) {
  std::string list;
  for (size_t first = 0, last = 0; first < seats.size(); first = last) {
    while (last < seats.size() && seats[last] == seats[first]) ++last;
    list += fmt::format("{}{}:{}", list.empty() ? "" : ",", seats[first], last - first);
  }
  return list;
}

size_t most_on_a_host(const SeatHosts& seats) {
  size_t most = 0;
  for (const std::string& host : seats)
    most = std::max(most, static_cast<size_t>(std::count(seats.begin(), seats.end(), host)));
  return most;
}

bool has_any_of(std::string_view text, std::initializer_list<std::string_view> pieces) {
  return std::ranges::any_of(pieces, [&](auto piece) { return text.find(piece) != text.npos; });
}

// Open MPI explains itself in boxes between lines of dashes: what is wrong, then where ("Local
// host: a"), then what might be the cause and what to try, which fits no case in particular.
class BoxReader {
 public:
  void take(const std::string& line) {
    if (line.starts_with("----------")) {
      end_paragraph();
      in_box_ = !in_box_;
      paragraphs_ = 0;
    } else if (in_box_ && line.find_first_not_of(' ') == line.npos) {
      end_paragraph();
    } else if (in_box_) {
      paragraph_.push_back(line);
    } else if (!has_any_of(line, {"help message", "base_help_aggregate", "ERROR_LOG", "] *** "})) {
      keep(line);
    }
  }
  std::vector<std::string> kept() {
    end_paragraph();
    return std::move(kept_);
  }

 private:
  void end_paragraph() {
    if (paragraph_.empty()) return;
    const bool first = paragraphs_++ == 0;
    const bool follows =
        first && has_any_of(paragraph_[0], {"Primary job ", "detected that one or more",
                                            "At least one pair of MPI", "MPI_INIT has failed",
                                            "It looks like MPI_INIT failed"});
    const bool facts = std::ranges::all_of(paragraph_, [](const std::string& line) {
      return line.starts_with(' ') && line.find(": ") != line.npos;
    });
    skips_ = first ? follows : skips_;
    if (!skips_ && (first || facts))
      for (const std::string& line : paragraph_)
        if (!line.starts_with("This usually is caused by")) keep(line);
    paragraph_.clear();
  }
  void keep(const std::string& line) {
    if (!line.empty() && std::ranges::find(kept_, line) == kept_.end()) kept_.push_back(line);
  }

  std::vector<std::string> kept_, paragraph_;
  bool in_box_ = false, skips_ = false;
  int paragraphs_ = 0;
};

}  // namespace

MpirunVersion parse_mpirun_version(const std::string& text) {
  MpirunVersion version;
  constexpr std::string_view name = "(Open MPI) ";
  const size_t at = text.find(name);
  if (at == std::string::npos ||
      std::sscanf(text.c_str() + at + name.size(), "%d.%d", &version.major, &version.minor) != 2)
    fail(ExitCode::missing, "launch",
         "mpirun is not Open MPI's; install Open MPI, or set OPAL_PREFIX to where it is");
  if (version.major < 4)
    fail(ExitCode::missing, "launch", "mpirun is Open MPI {}.{}; install 4.0 or newer",
         version.major, version.minor);
  return version;
}

MpirunStarter::MpirunStarter(std::string mpirun, MpirunVersion version, Placement placement)
    : mpirun_(std::move(mpirun)), version_(version), placement_(std::move(placement)) {}

std::unique_ptr<MpirunStarter> MpirunStarter::find(Placement placement) {
  std::string mpirun = "mpirun";
  if (const char* prefix = std::getenv("OPAL_PREFIX")) {
    const auto own = std::filesystem::path(prefix) / "bin" / "mpirun";
    if (std::filesystem::exists(own)) mpirun = own.string();
  }
  const supervise::Ran ran = supervise::run_child({.command = {mpirun, "--version"}}, kVersion);
  std::string text;
  for (const std::string& line : ran.output) text += line + "\n";
  if (!ran.end.well())
    fail(ExitCode::missing, "launch", "'{} --version' {}; check the MPI installation", mpirun,
         text_of(ran.end));
  return std::make_unique<MpirunStarter>(mpirun, parse_mpirun_version(text), std::move(placement));
}

supervise::ChildOptions MpirunStarter::command(const SeatHosts& seats,
                                               const std::vector<std::string>& program) const {
  const bool five = version_.major >= 5;
  const int cores = placement_.bind == "none" ? 0 : std::max(1, placement_.threads);
  std::vector<std::string> line = {mpirun_};
  const auto add = [&](auto... words) { (line.push_back(words), ...); };
  if (::geteuid() == 0) add("--allow-run-as-root");
  if (five) add("--with-ft", "ulfm");
  add("-n", std::to_string(seats.size()), "--host", host_list(seats));
  add("--map-by", placement_.bind == "core" ? fmt::format("slot:PE={}", cores) : "slot");
  add("--bind-to", placement_.bind);
  // Ranks that wait without pause would take the processors from those that compute.
  if (most_on_a_host(seats) > std::thread::hardware_concurrency())
    add("--mca", "mpi_yield_when_idle", "1");
  if (!placement_.interface.empty()) {
    add("--mca", "btl_tcp_if_include", placement_.interface);
    add(five ? "--prtemca" : "--mca", five ? "prte_if_include" : "oob_tcp_if_include",
        placement_.interface);
  }
  for (const auto& [name, value] : placement_.environment) add("-x", name);
  line.insert(line.end(), placement_.more.begin(), placement_.more.end());
  line.insert(line.end(), program.begin(), program.end());
  // Values go by mpirun's own environment, where no list of processes shows them.
  return {.command = std::move(line), .environment = placement_.environment, .grace = kGrace};
}

// Its session: ompi.<host>.<user>/pid.<process> of version 4, ompi.<process> of 5.
void MpirunStarter::tidy_after(pid_t process) const {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path all = fs::temp_directory_path(error);
  char host[256] = {};
  if (error || ::gethostname(host, sizeof host - 1) != 0) return;
  const fs::path sessions = all / fmt::format("ompi.{}.{}", host, ::geteuid());
  if (version_.major >= 5) {
    fs::remove_all(all / fmt::format("ompi.{}", process), error);
  } else if (fs::remove_all(sessions / fmt::format("pid.{}", process), error) > 0) {
    fs::remove(sessions, error);  // not while it holds another's
  }
}

std::vector<std::string> MpirunStarter::reasons(const std::vector<std::string>& said) const {
  BoxReader reader;
  for (const std::string& line : said) reader.take(line);
  return reader.kept();
}

}  // namespace tutti::launch
