#include "launch/slurm/slurm_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "core/base/error.h"

namespace tutti::slurm {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whether all are letters, digits or one of `besides`.
bool only(std::string_view text, std::string_view besides) {
  return std::ranges::all_of(
      text, [&](char c) { return is_letter_or_digit(c) || besides.find(c) != besides.npos; });
}

// "--name=value" as a line for sbatch, which knows quotes, but no shell.
std::string directive(const std::string& option) {
  const std::string_view text = option;
  const size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = text.substr(0, equals);
  if (!name.starts_with("--") || name.size() < 3 || !only(name.substr(2), "-"))
    fail(ExitCode::usage, "--sbatch", "'{}' is no option; write --NAME or --NAME=VALUE", option);
  const std::string_view value = text.substr(std::min(equals + 1, text.size()));
  const auto unreadable = [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\' || c == 127;
  };
  if (std::ranges::any_of(value, unreadable))
    fail(
        ExitCode::usage, std::string(name),
        "'{}' has a quote, a backslash or a line end, which sbatch cannot read there; leave it out",
        value);
  const bool plain = only(value, "_./:,@%=+-[]&|*()!");
  return plain ? fmt::format("#SBATCH {}\n", option)
               : fmt::format("#SBATCH {}=\"{}\"\n", name, value);
}

// '%' begins what Slurm fills in.
std::string log_path(const SlurmScript& script) {
  std::string folder;
  for (const char c : script.run.string())
    folder += c == '%' ? std::string("%%") : std::string(1, c);
  return (std::filesystem::path(folder) / script.log).string();
}

std::string directives(const SlurmScript& script) {
  std::string lines;
  const auto add = [&](bool wanted, std::string_view name, const auto& value) {
    if (wanted) lines += directive(fmt::format("--{}={}", name, value));
  };
  const auto add_number = [&](std::string_view name, int value) { add(value > 0, name, value); };
  const auto add_text = [&](std::string_view name, const std::string& value) {
    add(!value.empty(), name, value);
  };
  add_text("job-name", script.name);
  add_text("chdir", script.folder);
  add_text("output", log_path(script));
  add_number("ntasks", script.ranks);
  add_number("nodes", script.nodes);
  add_number("ntasks-per-node", script.ranks_per_node);
  add_number("cpus-per-task", script.cpus_per_rank);
  add_number("gpus-per-node", script.gpus_per_node);
  add_text("time", script.time);
  add_text("partition", script.partition);
  add_text("account", script.account);
  add_text("qos", script.qos);
  add_text("mail-user", script.mail);
  add(!script.mail.empty(), "mail-type", "END,FAIL,REQUEUE");
  add(script.lead_seconds > 0, "signal", fmt::format("B:TERM@{}", script.lead_seconds));
  lines += directive(script.requeue ? "--requeue" : "--no-requeue");
  if (script.no_kill) lines += directive("--no-kill");
  lines += directive("--open-mode=append");
  const size_t jobs = std::max(script.array.size(), static_cast<size_t>(script.equal_jobs));
  if (jobs > 0) add(true, "array", fmt::format("0-{}", jobs - 1));
  for (const std::string& option : script.more) lines += directive(option);
  return lines;
}

std::string words_of(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

// What differs among the jobs of an array, as "$@".
std::string cases(const SlurmScript& script) {
  if (script.array.empty()) return "";
  std::string text = "case \"$SLURM_ARRAY_TASK_ID\" in\n";
  for (size_t i = 0; i < script.array.size(); ++i)
    text += fmt::format("  {}) set -- {} ;;\n", i, words_of(script.array[i]));
  return text + "esac\n\n";
}

// What the ranks need: a module is a function of the shell, and may trip over `set -u`.
std::string setup(const SlurmScript& script) {
  std::string text = "\n# Modules and an environment that the ranks need are loaded here.\n";
  for (const std::string& line : script.setup) text += line + "\n";
  return text + "\nset -u\n\n";
}

constexpr std::string_view kWait = R"(ranks=$!

# Before the time limit Slurm signals this shell: the ranks save their state, and end with 10.
asked=""
trap 'trap "" TERM; asked=1; kill -TERM "$ranks"' TERM
wait "$ranks"
code=$?
if [ -n "$asked" ]; then # the signal ended the wait, not the ranks
  wait "$ranks"
  code=$?
fi
)";

constexpr std::string_view kRequeue = R"sh(
# The number of the last job of an array is that of them all.
job="${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}"
# What saved its state goes on later. What scancel ended does not: such a job is COMPLETING, for no reason of Slurm's.
state="$(squeue --noheader --jobs "$job" --format "%T %r")"
if [ "$code" -eq 10 ] && [[ "$state" != COMPLETING* || "$state" == *TimeLimit ]]; then
  scontrol requeue "$job"
fi
)sh";

}  // namespace

std::string shell_word(const std::string& word) {
  if (word.find('\0') != word.npos)
    fail(ExitCode::usage, "--slurm",
         "a word has a zero byte, which no shell can read; leave it out");
  if (!word.empty() && only(word, "_./:,@%+=-")) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string write_script(const SlurmScript& script) {
  std::string text = "#!/usr/bin/env bash\n# By tutti. To submit it edited: mkdir -p " +
                     shell_word(script.run.string()) + " && sbatch THIS_FILE\n";
  text += directives(script) + setup(script);
  text += cases(script) + words_of(script.command);
  text += script.array.empty() ? " &\n" : " \"$@\" &\n";
  text += kWait;
  if (script.requeue) text += kRequeue;
  return text + "exit \"$code\"\n";
}

}  // namespace tutti::slurm
