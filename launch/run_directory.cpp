#include "launch/run_directory.h"

#include <fmt/format.h>

#include <random>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/network.h"
#include "core/layers/deferred_weights.h"
#include "core/model/adapt_rows.h"
#include "core/model/weights_file.h"
#include "io/formats/npy.h"
#include "io/stored.h"
#include "launch/yaml_reader.h"
#include "launch/yaml_writer.h"

namespace tutti {

namespace {

// "20260131-090500", in UTC.
std::string time_stamp() {
  std::string stamp;
  for (const char c : utc_text(Clock::current().unix_time())) {
    if (c == '.') break;
    if (c == 'T') stamp += '-';
    if (std::isdigit(static_cast<unsigned char>(c))) stamp += c;
  }
  return stamp;
}

// A name that is a folder on any system.
std::string folder_name(const std::string& name) {
  std::string folder;
  for (const char c : name.substr(0, 100)) {  // systems take 255 bytes
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    folder += plain ? c : '_';
  }
  return folder.find_first_not_of('.') == std::string::npos ? "job" : folder;
}

std::filesystem::path free_path(const std::string& name) {
  const std::string base = fmt::format("runs/{}-{}", folder_name(name), time_stamp());
  std::string path = base;
  for (int number = 2; FileSystem::current().exists(path); ++number)
    path = fmt::format("{}-{}", base, number);
  return path;
}

std::vector<RowColumn> stored_inputs(const Config& config, const std::string& file) {
  std::vector<RowColumn> inputs;
  for (const auto& [name, column] : stored(config, "inputs", file).as_map()) {
    RowColumn& input = inputs.emplace_back();
    input.name = name;
    read_config(stored(column, "shape", file), input.shape);
    read_config(stored(column, "dtype", file), input.dtype);
  }
  return inputs;
}

// What `read` returns. What the run wrote was right: if it is not now, the files were changed.
template <typename Read>
auto from_run(const std::filesystem::path& path, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() != ExitCode::job) throw;
    throw Error(fmt::format("{} (in {})", error.what(), path.string()), ExitCode::data);
  }
}

constexpr const char* kArrayEnding = ".npy";
constexpr double kSeenSeconds = 10;

// Of the folders of layers that the model has; nothing else in there is read.
void read_assets(const std::filesystem::path& folder, Model& model) {
  FileSystem& files = FileSystem::current();
  std::map<std::string, LayerAssets> assets;
  for (const auto& path : layer_paths(model)) {
    if (!files.exists(folder / path)) continue;
    LayerAssets& of_layer = assets[path];
    for (const auto& name : files.list(folder / path)) {
      const auto file = folder / path / name;
      if (name.ends_with(kArrayEnding))
        of_layer.arrays[name.substr(0, name.size() - 4)] = read_npy(file);
      else if (name.ends_with(".txt"))
        of_layer.texts[name] = files.read(file);
    }
  }
  load_model_assets(model, assets);
}

Run read_run(const std::filesystem::path& path, Job job) {
  Run run;
  run.path = path;
  run.job = std::move(job);
  const std::string columns_file = (path / RunDirectory::columns_file).string();
  const Config columns = read_yaml_file(columns_file);
  run.columns = ColumnPipeline::from_config(stored(columns, "columns", columns_file));
  const DeferredWeights read_below;
  run.model = make_job_model(run.job, stored_inputs(columns, columns_file));
  load_weights_file(*run.model.model, (path / RunDirectory::weights_file).string());
  read_assets(path / RunDirectory::assets_folder, *run.model.model);
  run.result = read_yaml_file(path / RunDirectory::result_file);
  return run;
}

}  // namespace

std::filesystem::path RunDirectory::choose(const std::string& name) { return free_path(name); }

void RunDirectory::refuse_taken(const std::filesystem::path& path) {
  if (is_run(path))
    fail(ExitCode::io, path.string(), "holds a run already; give another --run, or remove it");
}

RunDirectory RunDirectory::make(const std::string& path, const std::string& name) {
  FileSystem& files = FileSystem::current();
  RunDirectory run(path.empty() ? free_path(name) : std::filesystem::path(path));
  files.make_directories(run.path_);
  run.lock_ = files.lock(run.path_);
  refuse_taken(run.path_);
  for (const char* file : {columns_file, history_file, weights_file, result_file, record_file,
                           report_file, report_folder, log_file})
    if (files.exists(run.path_ / file))
      fail(ExitCode::io, (run.path_ / file).string(),
           "is there already and would be written over; give another --run, or remove it");
  return run;
}

RunDirectory RunDirectory::reopen(const std::string& path, bool held) {
  RunDirectory run{std::filesystem::path(path)};
  FileSystem::current().make_directories(run.path_);
  if (!held) run.lock_ = FileSystem::current().lock(run.path_);
  return run;
}

void RunDirectory::take_logs(const std::filesystem::path& other_run) const {
  namespace fs = std::filesystem;
  FileSystem& files = FileSystem::current();
  const auto own = [](const std::string& name) {
    for (const char* made :
         {job_file, columns_file, weights_file, assets_folder, checkpoints_folder, index_folder,
          ledger_folder, result_file, report_file, report_folder, log_file})
      if (name == made) return true;
    return name.starts_with('.');
  };
  for (const auto& name : files.list(other_run)) {
    if (own(name)) continue;
    std::error_code error;
    fs::copy(other_run / name, path_ / name,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
    if (error)
      fail(ExitCode::io, (path_ / name).string(), "cannot copy it from {}: {}; check both",
           other_run.string(), error.message());
  }
}

void require_seen_by_all(const std::filesystem::path& run, Session& session) {
  if (session.size() == 1) return;
  FileSystem& files = FileSystem::current();
  const std::filesystem::path path = run / ".seen_by_all";
  uint64_t word = std::random_device()();
  if (session.speaks()) files.write_atomically(path, hex16(word));
  session.communicator().broadcast(std::as_writable_bytes(std::span(&word, 1)), 0);
  const auto begin = Clock::current().now();
  const auto seen = [&] {
    try {
      return files.read(path, 64) == hex16(word);
    } catch (const Error&) {
      return false;
    }
  };
  while (!seen()) {  // a network's file system may need a moment
    if (seconds_of(Clock::current().now() - begin) > kSeenSeconds)
      fail(ExitCode::io, run.string(),
           "rank {} on {} does not see the run directory that rank 0 made; give all hosts one "
           "directory, with --run",
           session.rank(), Network::current().host_name());
    Clock::current().sleep_for(std::chrono::milliseconds(20));
  }
  session.communicator().barrier();
  if (session.speaks()) files.remove(path);
}

void RunDirectory::write(const char* file, std::string_view content) const {
  FileSystem::current().write_atomically(path_ / file, content);
}

void RunDirectory::write_assets(const Model& model) const {
  FileSystem& files = FileSystem::current();
  for (const auto& [layer, assets] : model_assets(model)) {
    const auto folder = path_ / assets_folder / layer;
    files.make_directories(folder);
    const auto own = [](const std::string& name) { return name.find('/') == std::string::npos; };
    for (const auto& [name, text] : assets.texts)
      if (own(name)) files.write_atomically(folder / name, text);
    for (const auto& [name, array] : assets.arrays)
      if (own(name)) write_npy(folder / (name + kArrayEnding), array);
  }
}

bool is_run(const std::filesystem::path& path) {
  return FileSystem::current().exists(path / RunDirectory::job_file);
}

Job job_of_run(const std::filesystem::path& path) {
  if (!is_run(path))
    fail(ExitCode::data, path.string(),
         "is no run directory: it has no {}; give the directory that tutti train wrote",
         RunDirectory::job_file);
  return from_run(path, [&] { return Job::read(path / RunDirectory::job_file); });
}

Run open_run(const std::filesystem::path& path) {
  Job job = job_of_run(path);
  if (!FileSystem::current().exists(path / RunDirectory::weights_file))
    fail(ExitCode::data, path.string(),
         "the run was not finished: it has no {}; go on with --resume", RunDirectory::weights_file);
  return from_run(path, [&] { return read_run(path, std::move(job)); });
}

Config describe_columns(const ColumnPipeline& columns, const std::vector<RowColumn>& inputs) {
  Config described{Config::Map()}, written{Config::Map()};
  for (const auto& input : inputs)
    written.set(input.name, Config(Config::Map{{"shape", write_config(input.shape)},
                                               {"dtype", write_config(input.dtype)}}));
  described.set("inputs", std::move(written));
  described.set("columns", columns.to_config());
  return described;
}

std::string parameters_line(uint64_t digest, const std::string& numerics) {
  return fmt::format("parameters {} {}", hex16(digest), numerics);
}

}  // namespace tutti
