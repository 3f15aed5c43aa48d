#include "launch/launcher/meeting_place.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <sstream>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "core/base/log.h"

namespace tutti::launch {
namespace {

constexpr const char *kFolder = ".launch", *kJudge = "judge", *kSecret = ".secret";
constexpr std::chrono::seconds kLeases{9};  // JudgeOptions::dead_after
constexpr uint64_t kJudgeBytes = 4096;

std::string secret_name(uint64_t job) { return hex16(job) + kSecret; }

JudgeAddress parse(const std::string& text) {
  JudgeAddress judge;
  std::istringstream words(text);
  for (std::string key, value; words >> key >> value;) {
    if (key == "address") judge.addresses.push_back(value);
    if (key == "port") std::from_chars(value.data(), value.data() + value.size(), judge.port);
    if (key == "job") std::from_chars(value.data(), value.data() + value.size(), judge.job, 16);
  }
  return judge;
}

}  // namespace

uint64_t draw_job() {
  uint64_t job = 0;
  const std::string bytes = control::random_bytes(sizeof job);
  std::memcpy(&job, bytes.data(), sizeof job);
  return job;
}

MeetingPlace::MeetingPlace(const std::filesystem::path& run)
    : folder_(std::filesystem::absolute(run) / kFolder) {
  FileSystem& files = FileSystem::current();
  files.make_directories(folder_);
  if (files.exists(folder_ / kJudge)) {
    log_warn("[{}] who led here before was killed: what it started is given {} s to end",
             run.string(), kLeases.count());
    Clock::current().sleep_for(kLeases);
  }
  for (const std::string& name : files.list(folder_)) files.remove(folder_ / name);
}

MeetingPlace::~MeetingPlace() {
  try {
    FileSystem::current().remove(folder_);
  } catch (const Error&) {  // the folder is gone: so are they
  }
}

std::shared_ptr<const control::Secret> MeetingPlace::draw_secret(uint64_t job) {
  job_ = job;
  auto secret = std::make_shared<const control::Secret>(control::Secret::draw());
  secret->write_file(secret_file());
  return secret;
}

std::filesystem::path MeetingPlace::secret_file() const { return folder_ / secret_name(job_); }

void MeetingPlace::write(const JudgeAddress& judge) {
  std::string text = fmt::format("job {}\nport {}\n", hex16(judge.job), judge.port);
  for (const std::string& address : judge.addresses) text += "address " + address + "\n";
  FileSystem::current().write_atomically(folder_ / kJudge, text);
}

JudgeAddress find_judge(const std::filesystem::path& run) {
  const auto file = run / kFolder / kJudge;
  if (!FileSystem::current().exists(file))
    fail(ExitCode::data, run.string(),
         "no launcher runs it: there is no {}; give the run of a `tutti launch` that goes on",
         (std::filesystem::path(kFolder) / kJudge).string());
  return parse(FileSystem::current().read(file, kJudgeBytes));
}

control::Secret find_secret(const std::filesystem::path& run, uint64_t job) {
  return control::Secret::read_file(run / kFolder / secret_name(job));
}

void forget_meeting_place(const std::filesystem::path& secret) {
  try {
    FileSystem& files = FileSystem::current();
    files.remove(secret);
    const auto judge = secret.parent_path() / kJudge;
    if (files.exists(judge) &&
        secret_name(parse(files.read(judge, kJudgeBytes)).job) == secret.filename())
      files.remove(judge);
    std::error_code others;
    std::filesystem::remove(secret.parent_path(), others);
  } catch (const Error&) {  // another supervisor was first, or the disk is gone
  }
}

}  // namespace tutti::launch
