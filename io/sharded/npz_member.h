// .npz files: zip archives of .npy files, of which rows are read where they lie (PKWARE's APPNOTE,
// 4.3). Only the directory is read, with limits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/sharded/data_file.h"

namespace tutti {

// The members of an .npz file, without their ending ".npy".
std::vector<std::string> npz_members(const DataFile& file);
// Where the bytes of a member are, which must be stored as they are (numpy.savez, not
// savez_compressed).
struct NpzMember {
  uint64_t begin = 0, bytes = 0;
};
NpzMember npz_member(const DataFile& file, const std::string& member);

}  // namespace tutti
