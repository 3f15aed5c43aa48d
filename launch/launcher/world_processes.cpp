#include "launch/launcher/world_processes.h"

#include <algorithm>
#include <boost/asio.hpp>
#include <optional>
#include <utility>

#include "core/base/error.h"

namespace tutti::launch {
namespace {

using supervise::ChildEnd;
using supervise::ChildOptions;
using supervise::ChildProcess;

constexpr size_t kLines = 200;       // that are kept of what mpirun says
constexpr size_t kOutput = 100'000;  // lines of a command, at most

}  // namespace

// What the starter started; gone, with what it would have removed itself, when this goes.
class WorldProcesses::Started {
 public:
  explicit Started(const WorldStarter& starter) : starter_(starter) {}
  ~Started() { reset(); }
  Started(const Started&) = delete;

  void start(boost::asio::io_context& context, const ChildOptions& options,
             ChildProcess::Handlers handlers) {
    process_.emplace(context, options, std::move(handlers));
  }
  void reset() {
    if (!process_) return;
    const pid_t process = process_->process();
    process_.reset();
    starter_.tidy_after(process);
  }
  explicit operator bool() const { return process_.has_value(); }
  ChildProcess* operator->() { return &*process_; }

 private:
  const WorldStarter& starter_;
  std::optional<ChildProcess> process_;
};

struct WorldProcesses::World {
  World(boost::asio::io_context& context, uint64_t number, const WorldStarter& starter)
      : number(number), patience(context), process(starter) {}
  uint64_t number;
  boost::asio::steady_timer patience;
  std::deque<std::string> lines;
  Ended ended;
  Started process;
};

struct WorldProcesses::Short {
  Short(boost::asio::io_context& context, const WorldStarter& starter)
      : patience(context), process(starter) {}
  boost::asio::steady_timer patience;
  std::vector<std::string> lines;
  Started process;
};

WorldProcesses::WorldProcesses(boost::asio::io_context& context, const WorldStarter& starter)
    : context_(context), starter_(starter) {}

WorldProcesses::~WorldProcesses() = default;

void WorldProcesses::start(uint64_t number, const SeatHosts& seats,
                           const std::vector<std::string>& program, Ended ended) {
  auto world = std::make_shared<World>(context_, number, starter_);
  world->ended = std::move(ended);
  const auto take = [at = world.get()](bool, std::string line) {
    at->lines.push_back(std::move(line));
    if (at->lines.size() > kLines) at->lines.pop_front();
  };
  // Out of the handler of the process itself before it goes.
  const auto end = [this, at = std::weak_ptr(world)](const std::string& words) {
    boost::asio::post(context_, [this, at, words] {
      const auto gone = at.lock();
      if (!gone) return;
      gone->patience.cancel();
      gone->process.reset();
      if (const auto tell = std::exchange(gone->ended, nullptr)) tell(words);
      worlds_.remove(gone);
    });
  };
  worlds_.push_back(world);
  try {
    world->process.start(context_, starter_.command(seats, program),
                         ChildProcess::Handlers{take, [this, end](const ChildEnd& how) {
                                                  end(starter_.name() + " " + text_of(how));
                                                }});
  } catch (const Error& error) {
    end(error.what());
  }
}

void WorldProcesses::end(uint64_t number, std::chrono::milliseconds patience) {
  const auto found =
      std::ranges::find_if(worlds_, [&](const auto& one) { return one->number == number; });
  if (found == worlds_.end()) return;
  (*found)->ended = nullptr;
  (*found)->patience.expires_after(patience);
  (*found)->patience.async_wait([at = std::weak_ptr(*found)](const auto& error) {
    const auto world = at.lock();
    if (!error && world && world->process) world->process->end();
  });
}

std::vector<std::string> WorldProcesses::said(uint64_t number) const {
  for (const auto& world : worlds_)
    if (world->number == number) return {world->lines.begin(), world->lines.end()};
  return {};
}

bool WorldProcesses::idle() const { return worlds_.empty() && short_.empty(); }

void WorldProcesses::run(ChildOptions command, std::chrono::milliseconds patience, Output output) {
  const auto one = std::make_shared<Short>(context_, starter_);
  const auto end = [this, at = std::weak_ptr(one), output = std::move(output)](bool well) {
    boost::asio::post(context_, [this, at, output, well] {
      const auto gone = at.lock();
      if (!gone) return;
      gone->patience.cancel();
      gone->process.reset();
      short_.remove(gone);
      output(well, gone->lines);
    });
  };
  short_.push_back(one);
  one->patience.expires_after(patience);
  one->patience.async_wait([at = std::weak_ptr(one)](const auto& error) {
    const auto late = at.lock();
    if (!error && late && late->process) late->process->kill();
  });
  try {
    one->process.start(context_, command,
                       ChildProcess::Handlers{[at = one.get()](bool error, std::string line) {
                                                if (!error && at->lines.size() < kOutput)
                                                  at->lines.push_back(std::move(line));
                                              },
                                              [end](const ChildEnd& how) { end(how.well()); }});
  } catch (const Error&) {
    end(false);
  }
}

}  // namespace tutti::launch
