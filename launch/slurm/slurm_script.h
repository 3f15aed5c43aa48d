// The script that `tutti launch --slurm` gives to sbatch: one for the first start and for each one
// after it, to be read and edited. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tutti::slurm {

// A word as the shell reads it as one: as it is, or in single quotes.
std::string shell_word(const std::string& word);

// What stands in the script. Texts of options are checked here, their values by sbatch.
struct SlurmScript {
  std::string name;                  // of the job
  std::vector<std::string> command;  // what runs in it: tutti launch, its options, JOB, --run, ...
  std::filesystem::path run;         // the directory of the run, which is there before a start
  std::string log;          // in that, all that is printed, over all starts; Slurm's %j, %A, %a
  std::string folder = {};  // where it runs and paths begin; "": where sbatch is called
  std::vector<std::string> setup = {};  // lines of shell that come first: "module load openmpi"
  int ranks = 1;
  int nodes = 0;           // 0: as Slurm places the ranks
  int ranks_per_node = 0;  // 0: the same
  int cpus_per_rank = 0;   // 0: Slurm's default
  int gpus_per_node = 0;
  std::string time = {};  // "2-00:00:00"; "": the partition's
  std::string partition = {}, account = {}, qos = {}, mail = {};
  int lead_seconds = 120;  // from the signal to save and stop to the time limit
  bool requeue = true;     // after preemption, a lost node, the time limit
  bool no_kill = false;    // go on without a node that is lost
  // An array of jobs, one per entry: the words that follow the command there.
  std::vector<std::vector<std::string>> array = {};
  int equal_jobs = 0;  // an array of so many jobs that all run the command, 0: no array
  std::vector<std::string> more = {};  // further options of sbatch: "--exclude=n[1-3]"
};

// Throws Error (usage) naming what sbatch could not read.
std::string write_script(const SlurmScript& script);

}  // namespace tutti::slurm
