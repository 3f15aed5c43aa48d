// Our side of benchmarks/checkpoints: how long a training waits for a checkpoint of a state in
// memory, and how long until that is on the disk; beside them one memcpy of the same bytes.
//   bench_checkpoints --parameters 100000000 --folder DIR
//     -> {"bytes", "memcpy_s", "stall_s", "written_s"}
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "benchmarks/program.h"
#include "core/device/thread_pool.h"
#include "io/checkpoint/checkpoint_writer.h"
#include "launch/session.h"

namespace {

using tutti::benchmarks::Clock;
using tutti::benchmarks::seconds_since;

// Parameters and Adam's two moments, on one rank.
tutti::TrainingState state_of(int64_t parameters) {
  tutti::TrainingState state{{}, tutti::Config(tutti::Config::Map())};
  double value = 0.5;
  for (const char* name : {"dense/kernel", "optimizer/momentum", "optimizer/velocity"}) {
    tutti::StateTensor tensor;
    tensor.name = name;
    tensor.value = tutti::Tensor::full({parameters}, value /= 2, tutti::DType::f32);
    tensor.shape = tensor.value.shape();
    tensor.finite = true;
    state.tensors.push_back(std::move(tensor));
  }
  return state;
}

double memcpy_seconds(const tutti::TrainingState& state, tutti::Tensor& into) {
  const auto begin = Clock::now();
  size_t at = 0;
  for (const auto& tensor : state.tensors) {
    std::memcpy(into.raw() + at, tensor.value.raw(), tensor.value.bytes());
    at += tensor.value.bytes();
  }
  return seconds_since(begin);
}

int measure(int argc, char** argv) {
  tutti::Session session(argc, argv);
  auto given =
      tutti::benchmarks::options_of(argc, argv, {{"--parameters", "100000000"}, {"--folder", "."}});
  const tutti::TrainingState state = state_of(std::atoll(given["--parameters"].c_str()));
  int64_t bytes = 0;
  for (const auto& tensor : state.tensors) bytes += static_cast<int64_t>(tensor.value.bytes());
  tutti::CheckpointWriter writer(given["--folder"], {.keep_last = 1});
  writer.prepare(state);
  tutti::Tensor copy = tutti::Tensor::zeros({bytes}, tutti::DType::u8);
  memcpy_seconds(state, copy);
  const double copied = memcpy_seconds(state, copy);
  const auto begin = Clock::now();
  writer.save(state, 1, tutti::Config(tutti::Config::Map()));
  const double stalled = seconds_since(begin);
  writer.wait();
  const double written = seconds_since(begin);
  if (const std::string failure = writer.failure(); !failure.empty())
    throw tutti::Error(failure, tutti::ExitCode::io);
  std::printf("{\"bytes\": %lld, \"memcpy_s\": %.4f, \"stall_s\": %.4f, \"written_s\": %.4f}\n",
              static_cast<long long>(bytes), copied, stalled, written);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return tutti::benchmarks::run_program(measure, argc, argv); }
