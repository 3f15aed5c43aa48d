#include "core/base/error.h"
#include "io/formats/hdf5.h"
#include "io/formats/hdf5_parts.h"
#include "io/formats/hdf5_types.h"

namespace tutti::hdf5 {
namespace {

constexpr size_t kLargestMessage = 65000;
constexpr size_t kTextsOfHeap = 30000;
constexpr size_t kSuperblock = 48;

// A text lies in a heap, a list of texts says where.
struct Heaps {
  // Bytes of the finished heaps, the first of which begins behind the superblock.
  std::string bytes;

  std::string place(const std::string& text) {
    if (count_ == kTextsOfHeap) finish();
    if (count_ == 0) begin_ = kSuperblock + bytes.size();
    ++count_;
    objects_ += little(count_, 2) + little(1, 2) + little(0, 4) + little(text.size(), 8) + text;
    objects_.append((8 - text.size() % 8) % 8, '\0');
    return little(text.size(), 4) + little(begin_, 8) + little(count_, 4);
  }

  void finish() {
    if (count_ == 0) return;
    uint64_t size = 16 + objects_.size();
    const uint64_t least = 4096;  // as the specification has it
    const uint64_t free = size + 16 < least ? least - size : 16;
    size += free;
    bytes += "GCOL" + little(1, 4) + little(size, 8) + objects_ + little(0, 8) + little(free, 8);
    bytes.append(free - 16, '\0');
    objects_.clear();
    count_ = 0;
  }

 private:
  std::string objects_;
  uint64_t begin_ = 0;
  size_t count_ = 0;
};

std::string message(Message type, const std::string& body) {
  return little(type, 1) + little(body.size(), 2) + little(0, 1) + body;
}

// The messages of each object's attributes, in the order of a walk over the tree.
void write_attributes(const Hdf5Object& object, Heaps& heaps, std::vector<std::string>& all) {
  std::string messages;
  for (const auto& [name, attribute] : object.attributes) {
    std::vector<int64_t> dims;
    if (!attribute.scalar) dims.push_back(static_cast<int64_t>(attribute.texts.size()));
    std::string body = little(3, 1) + little(0, 1) + little(name.size() + 1, 2);
    const std::string type = write_text_type(), space = write_space(dims);
    body += little(type.size(), 2) + little(space.size(), 2) + little(1, 1) + name + '\0' + type +
            space;
    for (const auto& text : attribute.texts) body += heaps.place(text);
    if (body.size() > kLargestMessage)
      fail(ExitCode::io, "hdf5", "the attribute '{}' has {} texts; split it", name,
           attribute.texts.size());
    messages += message(kAttribute, body);
  }
  all.push_back(std::move(messages));
  for (const auto& [name, child] : object.children) write_attributes(child, heaps, all);
}

class Writer {
 public:
  std::string write(const Hdf5Object& root) {
    Heaps heaps;
    write_attributes(root, heaps, attributes_);
    heaps.finish();
    bytes_.assign(kSuperblock, '\0');
    bytes_ += heaps.bytes;
    const uint64_t address = write_object(root);
    std::string superblock = std::string(kSignature) + little(2, 1) + little(8, 1) + little(8, 1) +
                             little(0, 1) + little(0, 8) + little(kNowhere, 8) +
                             little(bytes_.size(), 8) + little(address, 8);
    superblock += little(checksum(superblock), 4);
    bytes_.replace(0, kSuperblock, superblock);
    return std::move(bytes_);
  }

 private:
  // Where its header begins; what it holds lies before that.
  uint64_t write_object(const Hdf5Object& object) {
    const std::string attributes = std::move(attributes_[next_++]);
    std::string messages = object.is_group() ? write_group(object) : write_dataset(object.data);
    messages += attributes;
    align();
    const uint64_t address = bytes_.size();
    std::string header = "OHDR" + little(2, 1) + little(2, 1) + little(messages.size(), 4);
    header += messages;
    header += little(checksum(header), 4);
    bytes_ += header;
    return address;
  }

  std::string write_group(const Hdf5Object& group) {
    std::string messages =
        message(kLinkInfo, little(0, 2) + little(kNowhere, 8) + little(kNowhere, 8)) +
        message(kGroupInfo, little(0, 2));
    for (const auto& [name, child] : group.children) {
      const uint64_t address = write_object(child);
      messages += message(kLink, little(1, 1) + little(0x11, 1) + little(1, 1) +
                                     little(name.size(), 2) + name + little(address, 8));
    }
    return messages;
  }

  std::string write_dataset(const Tensor& tensor) {
    const Tensor host = tensor.to_host();
    align();
    const uint64_t address = host.bytes() == 0 ? kNowhere : bytes_.size();
    if (host.bytes() > 0) bytes_.append(reinterpret_cast<const char*>(host.raw()), host.bytes());
    return message(kDataspace, write_space(host.shape().dims())) +
           message(kDatatype, write_type(host.dtype())) +
           message(kFill, little(3, 1) + little(0x0A, 1)) +
           message(kLayout,
                   little(3, 1) + little(1, 1) + little(address, 8) + little(host.bytes(), 8));
  }

  void align() { bytes_.append((8 - bytes_.size() % 8) % 8, '\0'); }

  std::string bytes_;
  std::vector<std::string> attributes_;
  size_t next_ = 0;
};

}  // namespace
}  // namespace tutti::hdf5

namespace tutti {

std::string write_hdf5(const Hdf5Object& root) { return hdf5::Writer().write(root); }

const Hdf5Object* Hdf5Object::find(std::string_view path) const {
  const Hdf5Object* at = this;
  while (at && !path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const auto child = at->children.find(std::string(path.substr(0, end)));
    at = child == at->children.end() ? nullptr : &child->second;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return at;
}

Hdf5Object& Hdf5Object::make(std::string_view path) {
  Hdf5Object* at = this;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    at = &at->children[std::string(path.substr(0, end))];
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return *at;
}

const std::string* Hdf5Object::text(const std::string& name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() || found->second.texts.size() != 1 ? nullptr
                                                                      : &found->second.texts[0];
}

}  // namespace tutti
