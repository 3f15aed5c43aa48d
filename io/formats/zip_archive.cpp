#include "io/formats/zip_archive.h"

#include <zip.h>

#include <memory>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr zip_int64_t kMostEntries = 10000;
constexpr uint64_t kFreeBytes = uint64_t{64} << 20;
constexpr uint32_t kUnixType = 0170000, kUnixLink = 0120000;

struct DiscardZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using OpenZip = std::unique_ptr<zip_t, DiscardZip>;

struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using ZipSource = std::unique_ptr<zip_source_t, FreeSource>;

std::string text_of(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

bool leaves_archive(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos || name.find(':') != std::string_view::npos)
    return true;
  while (!name.empty()) {
    const size_t end = std::min(name.find('/'), name.size());
    if (name.substr(0, end) == "..") return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

bool is_link(zip_t* archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  zip_file_get_external_attributes(archive, index, 0, &system, &attributes);
  return system == ZIP_OPSYS_UNIX && (attributes >> 16 & kUnixType) == kUnixLink;
}

std::string contents(zip_t* archive, zip_uint64_t index, uint64_t size, const std::string& where,
                     const std::string& name) {
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(archive, index, 0),
                                                                &zip_fclose);
  if (!file)
    fail(ExitCode::data, where, "'{}' cannot be opened: {}; write the file again", name,
         zip_strerror(archive));
  std::string data(size, '\0');
  uint64_t at = 0;
  while (at < size) {
    const zip_int64_t got = zip_fread(file.get(), data.data() + at, size - at);
    if (got <= 0)
      fail(ExitCode::data, where, "'{}' ends after {} of {} bytes: {}; the file is cut or altered",
           name, at, size, zip_file_strerror(file.get()));
    at += static_cast<uint64_t>(got);
  }
  char more = 0;  // the checksum is compared at the end
  if (zip_fread(file.get(), &more, 1) != 0)
    fail(ExitCode::data, where, "'{}' is not what its header says: {}; the file is altered", name,
         zip_file_strerror(file.get()));
  return data;
}

// Whose bytes are used in place.
OpenZip open_zip(std::string_view bytes, const std::string& where) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive =
      source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : nullptr;
  if (!archive) {
    zip_source_free(source);
    fail(ExitCode::data, where, "is no whole zip archive, as .keras files are: {}", text_of(error));
  }
  zip_error_fini(&error);
  return OpenZip(archive);
}

}  // namespace

ZipEntries parse_zip(std::string_view bytes, const std::string& where) {
  const OpenZip archive = open_zip(bytes, where);
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  if (count > kMostEntries)
    fail(ExitCode::data, where, "has {} entries; the limit is {}", count, kMostEntries);
  ZipEntries entries;
  uint64_t total = 0;
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t stat;
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(archive.get(), index, ZIP_FL_ENC_RAW, &stat) != 0 ||
        (stat.valid & needed) != needed)
      fail(ExitCode::data, where, "its entry number {} has no name or size; write the file again",
           i);
    const std::string name = stat.name;
    if (leaves_archive(name))
      fail(ExitCode::data, where, "has an entry '{}', which leaves the archive; it is not opened",
           name);
    if (is_link(archive.get(), index))
      fail(ExitCode::data, where, "'{}' is a symbolic link, which is never followed", name);
    if (stat.encryption_method != ZIP_EM_NONE)
      fail(ExitCode::data, where, "'{}' is encrypted; write it without a password", name);
    if (name.ends_with('/')) continue;
    if (stat.size > kFreeBytes + 2 * bytes.size() - total)  // which total never passes
      fail(ExitCode::data, where,
           "'{}' would be {} bytes in an archive of {}; Keras stores without compression", name,
           stat.size, bytes.size());
    total += stat.size;
    const auto [entry, is_new] = entries.try_emplace(name);
    if (!is_new) fail(ExitCode::data, where, "has '{}' twice; write the file again", name);
    entry->second = contents(archive.get(), index, stat.size, where, name);
  }
  return entries;
}

std::string write_zip(const std::vector<std::pair<std::string, std::string>>& entries) {
  zip_error_t error;
  zip_error_init(&error);
  const ZipSource kept(zip_source_buffer_create(nullptr, 0, 0, &error));
  zip_source_t* target = kept.get();
  zip_t* archive = target ? zip_open_from_source(target, ZIP_TRUNCATE, &error) : nullptr;
  if (!archive) fail(ExitCode::internal, "zip", "{}", text_of(error));
  zip_source_keep(target);  // beside the archive, which has it now
  OpenZip open(archive);
  for (const auto& [name, data] : entries) {
    zip_source_t* source = zip_source_buffer(archive, data.data(), data.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      fail(ExitCode::internal, "zip", "'{}' cannot be written: {}", name, zip_strerror(archive));
    }
    const auto place = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(archive, place, ZIP_CM_STORE, 0);
    zip_file_set_dostime(archive, place, 0, (1 << 5) | 1, 0);  // 1980-01-01
  }
  if (zip_close(archive) != 0) fail(ExitCode::internal, "zip", "cannot be written");
  open.release();  // closed
  zip_stat_t stat;
  std::string bytes;
  if (zip_source_stat(target, &stat) == 0) bytes.resize(stat.size);
  if (zip_source_open(target) != 0 ||
      zip_source_read(target, bytes.data(), bytes.size()) != static_cast<zip_int64_t>(bytes.size()))
    fail(ExitCode::internal, "zip", "cannot be read back");
  zip_source_close(target);
  return bytes;
}

}  // namespace tutti
