// A job: what `tutti train` does, as its file and `--set` say it. Reading checks the frame; the
// objects that a job names are checked when they are made.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "launch/job.pb.h"

namespace tutti {

class Job {
 public:
  // Throws naming file, line and column of what is wrong, or the `--set`.
  static Job read(const std::filesystem::path& file,
                  const std::vector<std::string>& overrides = {});
  static Job parse(std::string_view text, std::string_view name,
                   const std::vector<std::string>& overrides = {});
  // A job that is read already, with its places, and where its relative paths begin.
  static Job of(Config written, std::string_view name, std::filesystem::path folder = {},
                const std::vector<std::string>& overrides = {});

  const schema::Job& frame() const { return frame_; }
  schema::Job& frame() { return frame_; }
  const std::string& source() const { return source_; }  // the file's name
  // Where its relative paths begin: `folder`, else the folder of the file, "" for the working
  // directory.
  std::filesystem::path folder() const;

  // Where "fit.batch_size" was written; the nearest key above it where it was not.
  std::string place_of(std::string_view path) const;

  // The job with every argument of every object written out, as YAML; reading it gives the same
  // job. `model` is its model written out (job_model.h).
  std::string resolved_yaml(const schema::Model& model) const;

 private:
  void check() const;
  void check_fit() const;
  void check_data() const;
  void check_timeseries() const;
  void within(std::string_view path, int64_t value, int64_t least,
              int64_t most = std::numeric_limits<int64_t>::max()) const;
  void share(std::string_view path, double value) const;
  void one_of(std::string_view path, const std::string& value,
              const std::vector<std::string>& words) const;

  schema::Job frame_;
  Config written_;  // with places
  std::string source_;
  std::filesystem::path folder_;
};

// Moves what may be written in two places of a job to the one that paths lead to: `split` into
// `data`, `validation_split` into `fit`. Throws for what is in both.
void move_to_place(Config& job);

}  // namespace tutti
