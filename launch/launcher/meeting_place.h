// Where those who belong to a job find its judge: a folder of the run, which all hosts see.
//   RUN/.launch/judge         where it listens, and the job's nonce
//   RUN/.launch/<job>.secret  what proves that one belongs to the job; of its owner alone
// Both last as long as the launcher; one that is killed has its supervisors remove them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "launch/control/secret.h"

namespace tutti::launch {

uint64_t draw_job();  // a number that no other job has

struct JudgeAddress {
  uint64_t job = 0;
  std::vector<std::string> addresses;  // numeric
  int port = 0;
};

class MeetingPlace {
 public:
  // The launcher holds the run. What a killed one left is removed; its ranks may live for as long
  // as they take it for unreachable, which is waited for.
  explicit MeetingPlace(const std::filesystem::path& run);
  ~MeetingPlace();  // removes what is here
  MeetingPlace(const MeetingPlace&) = delete;

  // Draws the secret of a job, writes it, and gives it.
  std::shared_ptr<const control::Secret> draw_secret(uint64_t job);
  void write(const JudgeAddress& judge);
  std::filesystem::path secret_file() const;

 private:
  std::filesystem::path folder_;
  uint64_t job_ = 0;
};

// Of a run that a launcher runs. Throws Error (data) where none does.
JudgeAddress find_judge(const std::filesystem::path& run);
control::Secret find_secret(const std::filesystem::path& run, uint64_t job);

// What a launcher that is gone left for its job; `secret` is the path of its secret.
void forget_meeting_place(const std::filesystem::path& secret);

}  // namespace tutti::launch
