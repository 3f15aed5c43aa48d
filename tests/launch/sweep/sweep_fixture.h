// A study of Iris, and what became of it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "scheduler/study/journal.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {

inline std::string iris_study(const std::string& rest, int epochs = 6) {
  return "job:\n"
         "  data: {dataset: iris, columns: {\"*\": standardize}, split: {validation: 0.2, seed: "
         "1}}\n"
         "  model:\n"
         "    - Dense: {units: $units, activation: relu}\n"
         "    - Dense: {units: 3, activation: softmax}\n"
         "  loss: sparse_categorical_crossentropy\n"
         "  optimizer: Adam\n"
         "  metrics: [accuracy]\n"
         "  fit: {epochs: " +
         std::to_string(epochs) +
         ", batch_size: 10}\n"
         "space:\n"
         "  optimizer.Adam.learning_rate: {float: [1e-4, 1e-1], log: true}\n"
         "  units: {int: [4, 32], step: 4}\n"
         "objective: {metric: val_loss}\n"
         "threads: 1\n" +
         rest;
}

class WithSweep : public InTemporaryFolder {
 protected:
  StudyRecord record(const std::string& folder = "runs/study",
                     const std::string& name = "study") const {
    JournalReader reader(folder_ / folder / "journal.log");
    reader.read();
    const auto id = reader.record().find(name);
    EXPECT_TRUE(id.has_value());
    return reader.record().study(id.value()).record;
  }

  // What was decided and found, without when.
  static std::string decisions(const StudyRecord& record) {
    std::string text;
    for (const Trial& trial : record.trials) {
      text += fmt::format("{} {}:", trial.number, static_cast<int>(trial.state));
      for (const auto& [name, number] : trial.point) text += fmt::format(" {}={}", name, number);
      for (const auto& [step, value] : trial.intermediate)
        text += fmt::format(" {}:{}", step, value);
      for (const double value : trial.values) text += fmt::format(" -> {}", value);
      text += "\n";
    }
    for (const int64_t number : record.finished) text += fmt::format("{} ", number);
    return text;
  }

  pid_t begin(const std::string& line) const {
    const pid_t process = fork();
    if (process == 0) {
      setpgid(0, 0);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      execl("/bin/bash", "bash", "-c",
            ("cd '" + folder_.string() + "' && exec '" + tutti_program() + "' sweep " + line +
             " >>out.txt 2>>err.txt")
                .c_str(),
            nullptr);
      _exit(127);
    }
    return process;
  }
  // The exit code, or minus the signal; a process that lasts longer than a minute is killed.
  static int end_of(pid_t process) {
    int status = 0;
    for (int i = 0; i < 6000; ++i) {
      if (waitpid(process, &status, WNOHANG) == process)
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    kill(process, SIGKILL);
    waitpid(process, &status, 0);
    ADD_FAILURE() << "it did not end";
    return -SIGKILL;
  }
};

}  // namespace tutti::testing_support
