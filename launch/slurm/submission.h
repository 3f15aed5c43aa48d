// `tutti launch --slurm`: from the command's options to a submitted script.
#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "launch/slurm/slurm_script.h"

namespace tutti::slurm {

namespace options = boost::program_options;

void declare_submission(options::options_description& named);

// `tutti launch` and what was given to it, as words, without what is of the submission.
std::vector<std::string> launch_words(const options::variables_map& given,
                                      const std::string& tutti);

// The script of the run in `run`, where its log will be, too. Throws Error (usage).
SlurmScript script_of(const options::variables_map& given, std::vector<std::string> command,
                      const std::string& name, int ranks, const std::filesystem::path& run);

// Writes it to the run's directory and gives it to sbatch, which answers with the job's number.
// Throws Error (missing) where there is no sbatch, Error (world) with what it says where it
// refuses.
std::string submit(const std::string& script, const std::filesystem::path& run);

}  // namespace tutti::slurm
