// The job of a trial: what a study file names as `job`, with the values of a point in it.
//
//   optimizer.Adam.learning_rate   a hyperparameter called as a path puts its value where `--set`
//                                  would (launch/job_override.h)
//   units                          any other is what the job calls "$units" or "${units}", where
//                                  that is all of a text
//
// Where a hyperparameter is not active, the item of a list that mentions it (a layer) is left out;
// outside lists, the key.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "core/base/config.h"
#include "launch/job.h"
#include "scheduler/space/search_space.h"

namespace tutti {

// Says in a job where its relative paths begin, unless it does.
void set_folder(Config& job, const std::filesystem::path& folder);

class TrialJob {
 public:
  using Places = std::map<std::string, std::string>;  // where a study file has each hyperparameter

  // A job that is read already, what it is called, and where its relative paths begin.
  TrialJob(Config job, std::string source, const std::filesystem::path& folder);

  // Throws with a place for what the job has no room for, at the bounds and all choices of each;
  // for a name that nothing refers to, a reference to what is no hyperparameter, and two names of
  // one place. Nothing is run, no data read.
  void check(const SearchSpace& space, const Places& places) const;

  Job at(const SearchSpace& space, const Point& point, const Places& places = {}) const;
  // With its references, for a file.
  const Config& config() const { return job_; }

 private:
  void check_names(const SearchSpace& space, const Places& places) const;

  Config job_;
  std::set<std::string> references_;  // names that it calls $name
  std::string source_;
};

}  // namespace tutti
