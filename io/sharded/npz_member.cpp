#include "io/sharded/npz_member.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr uint64_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56, kMostComment = 65'535;
constexpr uint64_t kMostDirectory = uint64_t{16} << 20;
constexpr std::string_view kEndMark("PK\5\6", 4), kLocatorMark("PK\6\7", 4),
    kEnd64Mark("PK\6\6", 4), kEntryMark("PK\1\2", 4), kLocalMark("PK\3\4", 4);

[[noreturn]] void refuse_archive(const DataFile& file, std::string_view what) {
  fail(ExitCode::data, file.where(), "{}; write it again with numpy.savez", what);
}

uint64_t number_at(std::string_view bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string piece_of(const DataFile& file, uint64_t offset, uint64_t bytes) {
  if (bytes > file.size() || offset > file.size() - bytes)
    refuse_archive(file, "names a place behind its end");
  std::string piece(bytes, '\0');
  file.read(offset, piece);
  return piece;
}

struct ZipMember {
  uint64_t flags = 0, method = 0, packed = 0, bytes = 0, local = 0;
};

// Numbers that do not fit 32 bits stand in the extra field 1, in this order.
void read_wide_numbers(std::string_view extra, ZipMember& member, const DataFile& file) {
  for (size_t at = 0; at + 4 <= extra.size();) {
    const uint64_t id = number_at(extra, at, 2), length = number_at(extra, at + 2, 2);
    if (length > extra.size() - at - 4) refuse_archive(file, "has a damaged directory");
    if (id == 1) {
      std::string_view wide = extra.substr(at + 4, length);
      for (uint64_t* number : {&member.bytes, &member.packed, &member.local}) {
        if (*number != 0xFFFFFFFF) continue;
        if (wide.size() < 8) refuse_archive(file, "has a damaged directory");
        *number = number_at(wide, 0, 8);
        wide.remove_prefix(8);
      }
    }
    at += 4 + length;
  }
}

// The directory of all members, which stands at the end.
std::string directory_of(const DataFile& file) {
  const uint64_t tail = std::min(file.size(), kEndBytes + kMostComment + kLocatorBytes);
  const std::string end = piece_of(file, file.size() - tail, tail);
  const size_t at = end.rfind(kEndMark);
  if (at == std::string::npos || end.size() - at < kEndBytes)
    refuse_archive(file, "is no .npz file, or is cut: it does not end as a zip archive");
  uint64_t bytes = number_at(end, at + 12, 4), offset = number_at(end, at + 16, 4);
  if (at >= kLocatorBytes && end.substr(at - kLocatorBytes, 4) == kLocatorMark) {
    const uint64_t wide = number_at(end, at - kLocatorBytes + 8, 8);
    const std::string end64 = piece_of(file, wide, kEnd64Bytes);
    if (!end64.starts_with(kEnd64Mark)) refuse_archive(file, "has a damaged directory");
    bytes = number_at(end64, 40, 8), offset = number_at(end64, 48, 8);
  }
  if (bytes > kMostDirectory) refuse_archive(file, "names more members than are read");
  return piece_of(file, offset, bytes);
}

std::map<std::string, ZipMember> members_of(const DataFile& file) {
  constexpr size_t kFixed = 46;
  const std::string directory = directory_of(file);
  std::map<std::string, ZipMember> members;
  for (size_t at = 0; at < directory.size();) {
    const std::string_view entry = std::string_view(directory).substr(at);
    if (entry.size() < kFixed || !entry.starts_with(kEntryMark))
      refuse_archive(file, "has a damaged directory");
    const uint64_t name = number_at(entry, 28, 2), extra = number_at(entry, 30, 2),
                   comment = number_at(entry, 32, 2);
    if (kFixed + name + extra + comment > entry.size())
      refuse_archive(file, "has a damaged directory");
    ZipMember member{number_at(entry, 8, 2), number_at(entry, 10, 2), number_at(entry, 20, 4),
                     number_at(entry, 24, 4), number_at(entry, 42, 4)};
    read_wide_numbers(entry.substr(kFixed + name, extra), member, file);
    const std::string text(entry.substr(kFixed, name));
    if (!members.emplace(text, member).second)
      refuse_archive(file, fmt::format("holds '{}' twice", text.substr(0, 80)));
    at += kFixed + name + extra + comment;
  }
  return members;
}

}  // namespace

std::vector<std::string> npz_members(const DataFile& file) {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_of(file))
    if (name.ends_with(".npy")) names.push_back(name.substr(0, name.size() - 4));
  return names;
}

NpzMember npz_member(const DataFile& file, const std::string& member) {
  const auto members = members_of(file);
  const auto found = members.find(member + ".npy");
  if (found == members.end()) {
    const auto names = npz_members(file);
    fail(ExitCode::data, file.where(), "holds no array '{}'{}", member,
         near_or(member, names, fmt::format("; it holds {}", fmt::join(names, ", "))));
  }
  const ZipMember& one = found->second;
  if (one.method != 0 || one.packed != one.bytes || (one.flags & 1))
    refuse_archive(file,
                   fmt::format("has '{}' compressed: its rows cannot be read one by one", member));
  constexpr uint64_t kLocalFixed = 30;
  const std::string local = piece_of(file, one.local, kLocalFixed);
  if (!local.starts_with(kLocalMark)) refuse_archive(file, "has a damaged directory");
  const uint64_t begin =
      one.local + kLocalFixed + number_at(local, 26, 2) + number_at(local, 28, 2);
  if (one.bytes > file.size() || begin > file.size() - one.bytes)
    refuse_archive(file, fmt::format("is cut: '{}' goes on behind its end", member));
  return {begin, one.bytes};
}

}  // namespace tutti
