// Our side of benchmarks/steps: the time of one training step through fit().
//   bench_steps --case 784-128-10@64 --seconds 3     -> {"case", "us_per_step", "cpu_us_per_step",
//                                                      "rss_mib", "startup_s"}
//   bench_steps --limits                             -> {"gflops", "gbps"}
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "benchmarks/networks.h"
#include "core/graph/builtin_ops.h"
#include "core/ops/matmul.h"
#include "launch/session.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Since this process was started by the system, not since main.
double process_age() {
  std::ifstream stat("/proc/self/stat"), uptime("/proc/uptime");
  std::string text;
  std::getline(stat, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  double up = 0;
  uptime >> up;
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return up - std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Of all threads: what a step costs however busy the machine is.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double resident_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// Times epochs, and knows when the first one is through its first step.
class StepClock final : public tutti::Callback {
 public:
  StepClock(int64_t steps, double seconds) : steps_(steps), seconds_(seconds) {}
  void on_epoch_begin(int64_t) override { begun_ = Clock::now(), cpu_begun_ = processor_seconds(); }
  void on_epoch_end(int64_t epoch, const tutti::Logs&) override {
    const auto steps = static_cast<double>(steps_);
    if (epoch > 0) times_.push_back(seconds_since(begun_) / steps);
    if (epoch > 0) cpu_times_.push_back((processor_seconds() - cpu_begun_) / steps);
    if (seconds_since(first_) > seconds_ && times_.size() >= 5) training().stop_training();
  }
  double median_us() { return median(times_) * 1e6; }
  double median_cpu_us() { return median(cpu_times_) * 1e6; }

 private:
  static double median(std::vector<double>& times) {
    const auto middle = times.begin() + static_cast<int64_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  }

  int64_t steps_;
  double seconds_, cpu_begun_ = 0;
  Clock::time_point begun_, first_ = Clock::now();
  std::vector<double> times_, cpu_times_;
};

void run_case(const std::string& name, double seconds) {
  const auto [model, x, y, batch, steps] = tutti::bench::network_of(name);
  model->train_on_batch(x.slice_rows(0, batch), y.slice_rows(0, batch));
  const double startup = process_age();
  auto clock = std::make_shared<StepClock>(steps, seconds);
  model->fit(x, y, {.epochs = 1'000'000, .batch_size = batch, .verbose = 0, .callbacks = {clock}});
  if (tutti::current_world().rank() == 0)
    std::printf(
        "{\"case\": \"%s\", \"us_per_step\": %.2f, \"cpu_us_per_step\": %.2f, \"rss_mib\": %.1f, "
        "\"startup_s\": %.3f}\n",
        name.c_str(), clock->median_us(), clock->median_cpu_us(), resident_mib(), startup);
}

// What this machine reaches with all its threads: a large product, and a copy larger than its
// caches.
void print_limits() {
  tutti::ThreadPool& pool = *tutti::current_world().pool;
  const int64_t n = 1536;
  const auto graph = [&] {
    tutti::Graph product;
    product.inputs = {tutti::make_input("a", {tutti::kRows, n}), tutti::make_input("b", {n, n})};
    product.outputs = {tutti::matmul(product.inputs[0], product.inputs[1])};
    return product;
  }();
  tutti::ExecutableOptions options;
  options.pool = &pool;
  options.layout = {n, 1, 0, 1};
  tutti::Executable product(graph, options);
  for (size_t i = 0; i < 2; ++i)
    std::fill_n(product.input(i).data<float>(), product.input(i).elements(), 0.5f);
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    const auto begin = Clock::now();
    product.run({});
    best = std::min(best, seconds_since(begin));
  }
  const double gflops = 2.0 * n * n * n / best / 1e9;

  const int64_t elements = int64_t{64} << 20;
  std::vector<float> from(static_cast<size_t>(elements), 1.0f), to(from.size());
  double copied = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    const int64_t part = elements / 64;
    pool.run(64, [&](int64_t tile) {
      std::copy_n(from.data() + tile * part, part, to.data() + tile * part);
    });
    copied = std::min(copied, seconds_since(begin));
  }
  std::printf("{\"gflops\": %.1f, \"gbps\": %.2f}\n", gflops, 2.0 * 4 * elements / copied / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  std::string name, seconds = "3";
  bool limits = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--limits") limits = true;
    if (word == "--case" && i + 1 < argc) name = argv[++i];
    if (word == "--seconds" && i + 1 < argc) seconds = argv[++i];
  }
  if (!limits && (name.empty() || name.find('@') == std::string::npos)) {
    std::fprintf(stderr, "usage: bench_steps --case 784-128-10@64 [--seconds 3] | --limits\n");
    return 2;
  }
  const tutti::Session session(argc, argv);
  if (limits)
    print_limits();
  else
    run_case(name, std::stod(seconds));
  return 0;
}
