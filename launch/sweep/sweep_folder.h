// A sweep's directory:
//   study.yaml     the study with its job: what it was begun with
//   journal.log    all trials, in Optuna's format; scheduler/study
//   jobs/7.yaml    the job of trial 7
//   trials/7/      its run: launch/run_directory.h
//   output/7.log   what it printed; output/shared.log: those that share a process
//   suspended/7/   its state while it is paused, where that shall leave the memory
//   report.html    what came of it: launch/sweep/report
//   stop           there while the sweep is asked to stop
//   slots          how many it is asked to have from now on
// A trial that is trained several times has 7.2, 7.3, ... beside 7.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "launch/sweep/local_processes.h"
#include "launch/sweep/study_file.h"

namespace tutti {

// 1 to kMostSlots; none for anything else.
std::optional<int> read_slots(std::string_view text);

// The trial from whose state it goes on.
std::optional<int64_t> parent_of(const Trial& trial);

class SweepFolder {
 public:
  explicit SweepFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path study() const { return path_ / "study.yaml"; }
  std::filesystem::path journal() const { return path_ / "journal.log"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path job(int64_t trial) const;
  std::filesystem::path run(int64_t trial, int64_t execution = 0) const;

  // Makes it for a study, or finds it made for the same one. Throws Error: (job) it was made for
  // another; (io) it cannot be written, or another sweep is at work in it. With `overwrite`
  // everything that a sweep left there is removed first.
  void begin(const StudyFile& study, bool overwrite) const;
  // What it was begun with. Throws Error (data) where there is no sweep.
  StudyFile begun() const;
  // All its trials, as the journal has them now. Throws Error (data) where there are none.
  StudyRecord record(const StudyFile& study) const;

  // The job of an execution of a trial at this point: with another seed each, and without a report
  // unless the study's asks for one.
  Job job(const StudyFile& study, const Point& point, int64_t execution) const;
  // Writes it, and gives what trains it.
  TrialCommand command(const StudyFile& study, const Trial& trial, int64_t execution) const;
  // What trains an execution whose job is written, from `parent`'s state where it names a trial.
  TrialCommand training(const StudyFile& study, int64_t trial, int64_t execution,
                        std::optional<int64_t> parent) const;

  // What trains many trials in one process: fused_worker.h.
  TrialCommand worker() const;
  // Where the states of its paused trials are; all are, where no trial is named.
  std::filesystem::path suspended(std::optional<int64_t> trial = {}) const;
  void forget_suspended() const;  // once there is no such process any more

  // Of all finished trials but the best `keep`. `gone`: those that have none any more.
  void remove_checkpoints(const StudyRecord& record, int64_t keep, std::set<int64_t>& gone) const;

  bool asked_to_stop() const;
  std::optional<int> asked_slots() const;  // what was asked last, until it is forgotten
  void forget_asked() const;
  // Throws Error (usage) where no sweep is at work.
  void ask_to_stop() const;
  void ask_for_slots(int slots) const;

 private:
  void require_at_work() const;
  bool at_work() const;
  void add_epochs_of(int64_t parent, int64_t execution, schema::Job& frame) const;

  std::filesystem::path path_;
};

}  // namespace tutti
