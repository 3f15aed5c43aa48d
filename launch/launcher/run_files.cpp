#include "launch/launcher/run_files.h"

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_name.h"
#include "launch/history.h"
#include "launch/run_directory.h"

namespace tutti::launch {
namespace {

constexpr std::chrono::seconds kReadAgain{1};
constexpr uint64_t kMostHistory = uint64_t{64} << 20;
constexpr size_t kMostPoints = 400;  // of a curve; the last is always among them

Curve curve_of(const std::string& name, const std::vector<double>& values) {
  Curve curve{name, {}};
  const size_t stride = values.size() / kMostPoints + 1;
  for (size_t epoch = (values.size() - 1) % stride; epoch < values.size(); epoch += stride)
    curve.points.push_back({static_cast<double>(epoch + 1), values[epoch]});
  return curve;
}

void read_curves(const std::filesystem::path& file, RunFiles& files) {
  for (const auto& [name, values] : read_history(FileSystem::current().read(file, kMostHistory)))
    if (name == "epoch")
      files.epochs = static_cast<int64_t>(values.size());
    else if (!values.empty())
      files.curves.push_back(curve_of(name, values));
}

}  // namespace

RunFiles read_run_files(const std::filesystem::path& run) {
  RunFiles files;
  try {
    const auto saved = checkpoints_in(run / RunDirectory::checkpoints_folder);
    if (!saved.empty())
      files.checkpoint_step = CheckpointName::parse(saved.back().filename().string())->step;
    const auto history = run / RunDirectory::history_file;
    if (FileSystem::current().exists(history)) read_curves(history, files);
  } catch (const Error&) {  // it is being written; the next look may see it
  }
  return files;
}

const RunFiles& RunFilesReader::newest(Time now) {
  if (reading_.valid() && reading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
    newest_ = reading_.get();
  if (!reading_.valid() && now - began_ >= kReadAgain) {
    began_ = now;
    reading_ = std::async(std::launch::async, read_run_files, run_);
  }
  return newest_;
}

}  // namespace tutti::launch
