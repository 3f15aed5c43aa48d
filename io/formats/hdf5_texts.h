// Texts of attributes, which HDF5 keeps in heaps of the file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/formats/hdf5_types.h"

namespace tutti::hdf5 {

class HeapTexts {
 public:
  HeapTexts(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}
  // `elements` of the type that lie at `at`; none for a type of no text. Throws unless they, and
  // the heaps that they are in, lie in the file; all that is returned is at most as long as it.
  std::vector<std::string> read(const Type& type, int64_t elements, Cursor at);

 private:
  using Heap = std::map<uint64_t, std::string_view>;  // by number
  const Heap& heap_at(uint64_t address);
  std::string kept(std::string_view text);

  std::string_view bytes_;
  const std::string& where_;
  std::map<uint64_t, Heap> heaps_;
  uint64_t walked_ = 0, kept_ = 0;
};

}  // namespace tutti::hdf5
