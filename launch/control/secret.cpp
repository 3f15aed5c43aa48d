#include "launch/control/secret.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace tutti::control {
namespace {

void fill_random(unsigned char* bytes, size_t count) {
  if (RAND_bytes(bytes, static_cast<int>(count)) != 1)
    fail(ExitCode::missing, "control",
         "the system gives no random bytes; check that /dev/urandom is there");
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  int number_;
};

// Up to `size` bytes; less only at the end.
size_t read_whole(int descriptor, unsigned char* bytes, size_t size, const std::string& where) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(descriptor, bytes + done, size - done);
    if (got == 0) break;
    if (got > 0)
      done += static_cast<size_t>(got);
    else if (errno != EINTR)
      fail(ExitCode::data, where, "cannot be read: {}; give it as a pipe or a file",
           std::strerror(errno));
  }
  return done;
}

Digest read_digest(int descriptor, const std::string& where) {
  std::array<unsigned char, sizeof(Digest) + 1> bytes;
  Digest digest;
  const size_t size = read_whole(descriptor, bytes.data(), bytes.size(), where);
  std::memcpy(digest.data(), bytes.data(), digest.size());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (size != digest.size())
    fail(ExitCode::data, where,
         "holds {} bytes, and the secret of a job has {}; start the job anew",
         size > digest.size() ? "more" : std::to_string(size), digest.size());
  return digest;
}

}  // namespace

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  fill_random(reinterpret_cast<unsigned char*>(bytes.data()), count);
  return bytes;
}

Key::Key(Key&& other) noexcept : bytes_(other.bytes_) {
  OPENSSL_cleanse(other.bytes_.data(), other.bytes_.size());
}

Key& Key::operator=(Key&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Key::~Key() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Digest Key::sign(std::string_view text) const {
  Digest digest;
  unsigned int size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  if (!HMAC(EVP_sha256(), bytes_.data(), static_cast<int>(bytes_.size()), data, text.size(),
            digest.data(), &size) ||
      size != digest.size())
    fail(ExitCode::missing, "control",
         "this OpenSSL does not compute HMAC-SHA256; install another libssl");
  return digest;
}

bool Key::signed_it(std::string_view text, std::string_view signature) const {
  const Digest digest = sign(text);
  return signature.size() == digest.size() &&
         CRYPTO_memcmp(digest.data(), signature.data(), digest.size()) == 0;
}

Secret Secret::draw() {
  Digest bytes;
  fill_random(bytes.data(), bytes.size());
  Secret secret(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return secret;
}

Secret Secret::read(int descriptor) {
  Digest bytes = read_digest(descriptor, fmt::format("descriptor {}", descriptor));
  Secret secret(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return secret;
}

Secret Secret::read_file(const std::filesystem::path& path) {
  // Opened before it is looked at, so that what is looked at is what is read; a pipe does not
  // block.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0)
    fail(ExitCode::data, path.string(),
         "cannot be opened: {}; check that the job runs, and that this host sees the folder",
         std::strerror(errno));
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0)
    fail(ExitCode::data, path.string(),
         "holds a secret, and is no file that this user alone may open; start the job anew");
  Digest bytes = read_digest(file, path.string());
  Secret secret(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return secret;
}

void Secret::write(int descriptor) const {
  const Digest& bytes = key_.bytes_;
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (written >= 0)
      done += static_cast<size_t>(written);
    else if (errno != EINTR)
      fail(ExitCode::io, fmt::format("descriptor {}", descriptor),
           "does not take the secret: {}; check that its reader runs", std::strerror(errno));
  }
}

void Secret::write_file(const std::filesystem::path& path) const {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file < 0)
    fail(ExitCode::io, path.string(), "cannot be made: {}; check the folder", std::strerror(errno));
  write(file);
  if (::fsync(file) != 0)
    fail(ExitCode::io, path.string(), "cannot be written: {}; check the disk",
         std::strerror(errno));
}

}  // namespace tutti::control
