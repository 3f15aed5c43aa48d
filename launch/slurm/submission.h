// `tutti launch --slurm`: from the command's options to a submitted script.
#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "launch/slurm/slurm_script.h"

namespace tutti::slurm {

namespace options = boost::program_options;

// Options that only --slurm takes, and itself; `array`: what that one is for.
inline constexpr const char* kArrayFile =
    "with --slurm: a job for each line of this file, which is PATH=VALUE as for --set";
void declare_submission(options::options_description& named, const char* array = kArrayFile);
// Throws Error (usage) naming one that is given without --slurm.
void refuse_without_slurm(const options::variables_map& given);

// `tutti launch` and what was given to it, as words, without what is of the submission.
std::vector<std::string> launch_words(const options::variables_map& given,
                                      const std::string& tutti);

// The jobs of an array: of each line of the file the PATH=VALUE words. Throws Error (usage)
// naming a line that no shell would read, and where there are none or too many.
struct ArrayJob {
  std::string place;  // "sweep.txt:3"
  std::vector<std::string> sets;
};
std::vector<ArrayJob> read_array(const std::filesystem::path& file);

// The script of the run in `run`, where its log will be, too. Throws Error (usage).
SlurmScript script_of(const options::variables_map& given, std::vector<std::string> command,
                      const std::string& name, int ranks, const std::filesystem::path& run);

// That of `--array` equal jobs, or of one, which run the command.
SlurmScript sweep_script_of(const options::variables_map& given, std::vector<std::string> command,
                            const std::string& name, const std::filesystem::path& folder);

struct Submitted {
  std::string job;                   // its number
  std::vector<std::string> remarks;  // of sbatch
};
// Writes the script to the run's directory and gives it to sbatch. Throws Error (missing) where
// there is no sbatch, Error (world) with what it says where it refuses.
Submitted submit(const std::string& script, const std::filesystem::path& run);
// The same, and tells people what sbatch remarked, the job and where its script and log are.
void submit_and_tell(const std::string& script, const std::filesystem::path& run);

}  // namespace tutti::slurm
