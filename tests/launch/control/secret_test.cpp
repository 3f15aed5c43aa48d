#include "launch/control/secret.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/base/error.h"

namespace tutti::control {
namespace {

using testing::HasSubstr;

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!fmt::is_formattable<Secret>::value && !fmt::is_formattable<Key>::value);

class SecretFile : public testing::Test {
 protected:
  SecretFile() {
    std::string name = (std::filesystem::temp_directory_path() / "tutti_secret_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~SecretFile() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string why_refused(const std::filesystem::path& path) const {
    try {
      Secret::read_file(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data);
      return error.what();
    }
    return "";
  }
  std::filesystem::path write(const char* name, const std::string& bytes, mode_t mode) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::filesystem::path folder_;
};

TEST_F(SecretFile, IsForItsOwnerAlone) {
  const Secret secret = Secret::draw();
  const auto path = folder_ / "secret";
  secret.write_file(path);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(status.st_size, 32);
  EXPECT_EQ(Secret::read_file(path).key().sign("x"), secret.key().sign("x"));
  EXPECT_THROW(secret.write_file(path), Error);  // never over one that is there
  EXPECT_NE(Secret::draw().key().sign("x"), secret.key().sign("x"));
}

TEST_F(SecretFile, IsRefusedByName) {
  const std::string bytes(32, 's');
  EXPECT_EQ(why_refused(write("good", bytes, 0600)), "");
  for (const mode_t mode : {0640, 0604, 0622, 0601})
    EXPECT_THAT(why_refused(write("open", bytes, mode)), HasSubstr("this user alone"));
  EXPECT_THAT(why_refused(write("short", "abc", 0600)), HasSubstr("holds 3 bytes"));
  EXPECT_THAT(why_refused(write("long", bytes + "x", 0600)), HasSubstr("holds more bytes"));
  EXPECT_THAT(why_refused(folder_ / "none"), HasSubstr("cannot be opened"));
  std::filesystem::create_symlink(folder_ / "good", folder_ / "link");
  EXPECT_THAT(why_refused(folder_ / "link"), HasSubstr("cannot be opened"));
  EXPECT_THAT(why_refused(folder_), HasSubstr("this user alone"));
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(why_refused(folder_ / "pipe"), HasSubstr("this user alone"));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((folder_ / "good").c_str(), 12345, 12345), 0);
    EXPECT_THAT(why_refused(folder_ / "good"), HasSubstr("this user alone"));
  }
}

TEST(Secret, GoesThroughAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Secret secret = Secret::draw();
  secret.write(ends[1]);
  ::close(ends[1]);
  EXPECT_EQ(Secret::read(ends[0]).key().sign("x"), secret.key().sign("x"));
  EXPECT_THROW(Secret::read(ends[0]), Error);  // it is taken once
  ::close(ends[0]);
  EXPECT_THROW(Secret::read(-1), Error);
  EXPECT_THROW(secret.write(-1), Error);
}

}  // namespace
}  // namespace tutti::control
