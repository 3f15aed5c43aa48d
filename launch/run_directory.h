// A run's directory, with everything of the run:
//   job.yaml                   the resolved job
//   columns.yaml               what the model's inputs and outputs are made from, fitted
//   history.csv                a line per epoch
//   model.weights.safetensors  the weights, under Keras's names
//   assets/LAYER/              what layers know besides weights: vocabulary.txt
//   checkpoints/               the whole state of the training: io/checkpoint
//   index/                     where the records of its data are, if those are streamed
//   ledger/                    which rows went into which step, if the job says so
//   result.yaml                the digest, the numerics key, what the test rows gave
//   training_record.jsonl      gradients, weights and activations of each epoch
//   report.html, report/       the report and its pictures
//   run.log                    log lines of rank 0
// It is locked by its run as long as that lasts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/filesystem.h"
#include "io/columns.h"
#include "launch/job.h"
#include "launch/job_model.h"
#include "launch/session.h"

namespace tutti {

class RunDirectory {
 public:
  static constexpr const char* job_file = "job.yaml";
  static constexpr const char* columns_file = "columns.yaml";
  static constexpr const char* history_file = "history.csv";
  static constexpr const char* weights_file = "model.weights.safetensors";
  static constexpr const char* assets_folder = "assets";
  static constexpr const char* result_file = "result.yaml";
  static constexpr const char* checkpoints_folder = "checkpoints";
  static constexpr const char* index_folder = "index";
  static constexpr const char* ledger_folder = "ledger";
  static constexpr const char* record_file = "training_record.jsonl";
  static constexpr const char* report_file = "report.html";
  static constexpr const char* report_folder = "report";
  static constexpr const char* log_file = "run.log";

  // runs/<name>-<date>-<time>, which is not there yet.
  static std::filesystem::path choose(const std::string& name);
  static void refuse_taken(const std::filesystem::path& path);  // throws if a run is in it
  // Makes and locks it. Throws Error (io) if another run is in it. "" chooses
  // runs/<name>-<date>-<time>.
  static RunDirectory make(const std::string& path, const std::string& name);
  // The same for a run that is there and goes on, or is not there yet. `held`: the launcher of this
  // rank has locked it, for all its ranks and whatever host they are on.
  static RunDirectory reopen(const std::string& path, bool held = false);
  // What callbacks wrote in another run, so that they can go on with it here.
  void take_logs(const std::filesystem::path& other_run) const;

  const std::filesystem::path& path() const { return path_; }
  void write(const char* file, std::string_view content) const;
  void write_assets(const Model& model) const;

 private:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  std::unique_ptr<DirectoryLock> lock_;
};

// Collective, after rank 0 made the directory: throws Error (io), naming the host, on a rank that
// does not see it.
void require_seen_by_all(const std::filesystem::path& run, Session& session);

// A finished run, as evaluate, predict and inspect need it.
struct Run {
  std::filesystem::path path;
  Job job;
  ColumnPipeline columns;
  JobModel model;  // with the trained weights
  Config result;
};

// Throws Error (data) naming what is missing or damaged.
Run open_run(const std::filesystem::path& path);
// Its job alone, which says what the session needs. Throws the same.
Job job_of_run(const std::filesystem::path& path);
bool is_run(const std::filesystem::path& path);

// What columns.yaml holds, and the model's input columns in it.
Config describe_columns(const ColumnPipeline& columns, const std::vector<RowColumn>& inputs);

// "parameters 0123456789abcdef tutti-0.1.0/cpu/avx512/onednn-2.6.3"
std::string parameters_line(uint64_t digest, const std::string& numerics);

}  // namespace tutti
