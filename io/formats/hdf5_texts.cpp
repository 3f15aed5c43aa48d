#include "io/formats/hdf5_texts.h"

namespace tutti::hdf5 {

const HeapTexts::Heap& HeapTexts::heap_at(uint64_t address) {
  const auto [found, is_new] = heaps_.try_emplace(address);
  if (!is_new) return found->second;
  Cursor at(bytes_, address, where_, "heap");
  at.expect("GCOL");
  at.skip(4);
  const uint64_t size = at.u64();
  walked_ += size;
  if (size < 16 || walked_ > bytes_.size() || walked_ < size)
    at.refuse("takes {} bytes, with others more than the file has", size);
  Cursor objects(at.take(size - 16), 0, where_, "heap");
  while (objects.left() >= 16) {
    const uint16_t number = objects.u16();
    objects.skip(6);
    const uint64_t length = objects.u64();
    if (number == 0) break;  // what is free
    if (!found->second.try_emplace(number, objects.take(length)).second)
      objects.refuse("has two objects of number {}", number);
    objects.skip(std::min<uint64_t>((8 - length % 8) % 8, objects.left()));
  }
  return found->second;
}

std::string HeapTexts::kept(std::string_view text) {
  kept_ += text.size();
  if (kept_ > bytes_.size())
    fail(ExitCode::data, where_,
         "its texts overlap: they are longer than the file; write it again");
  return std::string(text.substr(0, text.find('\0')));
}

std::vector<std::string> HeapTexts::read(const Type& type, int64_t elements, Cursor at) {
  std::vector<std::string> texts;
  if (type.kind != Type::Kind::text && type.kind != Type::Kind::long_text) return texts;
  for (int64_t i = 0; i < elements; ++i) {
    if (type.kind == Type::Kind::text) {
      texts.push_back(kept(at.take(type.size)));
      continue;
    }
    const uint32_t length = at.u32();
    const uint64_t address = at.u64();
    const uint32_t number = at.u32();
    if (length == 0) {
      texts.emplace_back();
      continue;
    }
    const Heap& heap = heap_at(address);
    const auto found = heap.find(number);
    if (found == heap.end() || found->second.size() < length)
      at.refuse("has a text that its heap does not hold");
    texts.push_back(kept(found->second.substr(0, length)));
  }
  return texts;
}

}  // namespace tutti::hdf5
