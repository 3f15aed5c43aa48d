#include <algorithm>
#include <set>

#include "io/formats/hdf5.h"
#include "io/formats/hdf5_parts.h"
#include "io/formats/hdf5_texts.h"
#include "io/formats/hdf5_types.h"

namespace tutti::hdf5 {
namespace {

// Messages that say nothing of what is read.
constexpr uint16_t kPassedOver[] = {kNil,     kOldFill, kFill, kGroupInfo,
                                    kComment, kOldTime, kTime, kReferenceCount};

constexpr int kDeepest = 64;
constexpr size_t kLongestName = 1024;

// What the messages of an object's header say.
struct Header {
  std::string_view space, type, layout;
  std::vector<std::string_view> attributes, links, symbol_tables;
};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& where)
      : bytes_(bytes), where_(where), texts_(bytes, where) {}

  Hdf5Object read() {
    Cursor at = cursor(0, "superblock");
    if (bytes_.substr(0, 8) != kSignature)
      fail(ExitCode::data, where_, "is no HDF5 file; give one that Keras or h5py wrote");
    at.skip(8);
    const uint8_t version = at.u8();
    if (version > 3) at.refuse("has version {}, the newest known is 3", version);
    if (version < 2) at.skip(4);
    if (at.u8() != 8 || at.u8() != 8) at.refuse("has addresses of other than 8 bytes");
    uint64_t root = 0;
    if (version < 2) {
      at.skip(version == 0 ? 9 : 13);  // how full trees are, flags
      if (at.u64() != 0) at.refuse("begins behind a block of another format");
      at.skip(24 + 8);  // the root's entry begins with a name that it has not
      root = at.u64();
    } else {
      at.skip(1);
      if (at.u64() != 0) at.refuse("begins behind a block of another format");
      at.skip(16);
      root = at.u64();
    }
    Hdf5Object object;
    read_object(root, "/", 0, object);
    return object;
  }

 private:
  Cursor cursor(uint64_t at, const char* what) const { return {bytes_, at, where_, what}; }
  Cursor inside(std::string_view part, const char* what) const { return {part, 0, where_, what}; }

  template <typename... Args>
  [[noreturn]] void refuse(const std::string& path, fmt::format_string<Args...> format,
                           Args&&... args) const {
    fail(ExitCode::data, where_, "'{}' {}", path, fmt::format(format, std::forward<Args>(args)...));
  }

  // Claims an address: nothing is read twice.
  void once(uint64_t address, const std::string& path) {
    if (!seen_.insert(address).second)
      refuse(path, "is reached twice, at byte {}; a file of weights is a tree", address);
  }

  void read_object(uint64_t address, const std::string& path, int depth, Hdf5Object& object) {
    if (depth > kDeepest) refuse(path, "lies more than {} groups deep", kDeepest);
    once(address, path);
    Header header;
    if (cursor(address, "object header").take(4) == "OHDR")
      read_new_header(address, path, header);
    else
      read_old_header(address, path, header);
    for (const auto& message : header.attributes) read_attribute(message, path, object);
    if (!header.layout.empty()) return read_dataset(header, path, object);
    for (const auto& message : header.links) read_link(message, path, depth, object);
    for (const auto& message : header.symbol_tables) read_symbols(message, path, depth, object);
  }

  // --- headers ----------------------------------------------------------------------------------
  void read_old_header(uint64_t address, const std::string& path, Header& header) {
    Cursor at = cursor(address, "object header");
    if (at.u8() != 1) at.refuse("is none");
    at.skip(1 + 2 + 4);
    const uint32_t size = at.u32();
    at.skip(4);
    std::vector<std::pair<uint64_t, uint64_t>> parts{{at.at(), size}};
    for (size_t i = 0; i < parts.size(); ++i) {
      Cursor part = cursor(parts[i].first, "object header");
      Cursor messages = inside(part.take(parts[i].second), "object header");
      while (messages.left() >= 8) {
        const uint16_t type = messages.u16(), length = messages.u16();
        const uint8_t flags = messages.u8();
        messages.skip(3);
        take_message(type, flags, messages.take(length), path, header, parts);
      }
    }
  }

  void read_new_header(uint64_t address, const std::string& path, Header& header) {
    Cursor at = cursor(address, "object header");
    at.skip(4);
    if (at.u8() != 2) at.refuse("has an unknown version");
    const uint8_t flags = at.u8();
    if (flags & 0x20) at.skip(16);
    if (flags & 0x10) at.skip(4);
    const uint64_t size = at.number(size_t{1} << (flags & 3));
    std::vector<std::pair<uint64_t, uint64_t>> parts{{at.at(), size}};
    for (size_t i = 0; i < parts.size(); ++i) {
      auto [begin, length] = parts[i];
      uint64_t from = i == 0 ? address : begin;
      Cursor part = cursor(begin, "object header");
      if (i > 0) {
        part.expect("OCHK");
        if (length < 8) part.refuse("has a part of {} bytes", length);
        length -= 8;
      }
      Cursor messages = inside(part.take(length), "object header");
      const std::string_view covered = bytes_.substr(from, part.at() - from);
      if (part.u32() != checksum(covered)) part.refuse("has another checksum than it says");
      const size_t prefix = flags & 4 ? 6 : 4;
      while (messages.left() >= prefix) {
        const uint8_t type = messages.u8();
        const uint16_t bytes = messages.u16();
        const uint8_t of_message = messages.u8();
        messages.skip(prefix - 4);
        take_message(type, of_message, messages.take(bytes), path, header, parts);
      }
    }
  }

  void take_message(uint16_t type, uint8_t flags, std::string_view body, const std::string& path,
                    Header& header, std::vector<std::pair<uint64_t, uint64_t>>& parts) {
    if (std::ranges::find(kPassedOver, type) != std::end(kPassedOver)) return;
    if (flags & 2)
      refuse(path, "shares its message {:#x} with other objects; save it plainly", type);
    switch (type) {
      case kDataspace:
        header.space = body;
        return;
      case kDatatype:
        header.type = body;
        return;
      case kLayout:
        header.layout = body;
        return;
      case kAttribute:
        header.attributes.push_back(body);
        return;
      case kLink:
        header.links.push_back(body);
        return;
      case kSymbolTable:
        header.symbol_tables.push_back(body);
        return;
      case kContinuation: {
        Cursor at = inside(body, "continued header");
        const uint64_t address = at.u64(), length = at.u64();
        once(address, path);
        parts.emplace_back(address, length);
        return;
      }
      case kLinkInfo:
        return refuse_dense(body, 0x1, 8, "links", path);
      case kAttributeInfo:
        return refuse_dense(body, 0x1, 2, "attributes", path);
      case kExternalFiles:
        refuse(path, "has its data in another file, which is never opened; save it in one");
      case kFilters:
        if (body.size() > 1 && body[1] != 0)
          refuse(path, "is compressed or filtered; save it without compression");
        return;
      default:
        refuse(path, "has a message of unknown type {:#x}; save it with h5py", type);
    }
  }

  // Many links or attributes may lie in a heap of their own, which Keras's files do not have.
  void refuse_dense(std::string_view body, uint8_t order_flag, size_t order_bytes, const char* what,
                    const std::string& path) const {
    Cursor at = inside(body, "header message");
    at.skip(1);
    if (at.u8() & order_flag) at.skip(order_bytes);
    if (at.u64() != kNowhere)
      refuse(path, "stores its {} densely; save it with h5py's default settings", what);
  }

  // --- groups -----------------------------------------------------------------------------------
  void add_child(const std::string& name, uint64_t address, const std::string& path, int depth,
                 Hdf5Object& object) {
    if (name.empty() || name.size() > kLongestName || name.find('/') != std::string::npos ||
        name == "." || name == "..")
      refuse(path, "has an entry without a proper name");
    const auto [child, is_new] = object.children.try_emplace(name);
    const std::string inner = path + (path.ends_with('/') ? "" : "/") + name;
    if (!is_new) refuse(inner, "is there twice");
    read_object(address, inner, depth + 1, child->second);
  }

  void read_link(std::string_view body, const std::string& path, int depth, Hdf5Object& object) {
    Cursor at = inside(body, "link");
    if (at.u8() != 1) at.refuse("has an unknown version");
    const uint8_t flags = at.u8(), type = flags & 0x08 ? at.u8() : uint8_t{0};
    if (flags & 0x04) at.skip(8);
    if (flags & 0x10) at.skip(1);
    const std::string name(at.take(at.number(size_t{1} << (flags & 3))));
    if (type != 0)
      refuse(path + "/" + name, "is {} link, which is never followed; save the object itself",
             type == 1    ? "a soft"
             : type == 64 ? "an external"
                          : "an unknown");
    add_child(name, at.u64(), path, depth, object);
  }

  void read_symbols(std::string_view body, const std::string& path, int depth, Hdf5Object& object) {
    Cursor at = inside(body, "symbol table");
    const uint64_t tree = at.u64(), heap_at = at.u64();
    Cursor heap = cursor(heap_at, "local heap");
    heap.expect("HEAP");
    heap.skip(4);
    const uint64_t size = heap.u64();
    heap.skip(8);
    const std::string_view names = cursor(heap.u64(), "local heap").take(size);
    read_tree(tree, -1, names, path, depth, object);
  }

  // `level` is that of the node above, -1 for none.
  void read_tree(uint64_t address, int level, std::string_view names, const std::string& path,
                 int depth, Hdf5Object& object) {
    once(address, path);
    Cursor at = cursor(address, "group's tree");
    at.expect("TREE");
    const uint8_t type = at.u8(), own = at.u8();
    if (type != 0) at.refuse("has type {}", type);
    if (level >= 0 && own != level - 1) at.refuse("has level {} below level {}", own, level);
    if (own > 16) at.refuse("has level {}", own);
    const uint16_t entries = at.u16();
    at.skip(16);
    for (int i = 0; i < entries; ++i) {
      at.skip(8);
      const uint64_t child = at.u64();
      if (own > 0)
        read_tree(child, own, names, path, depth, object);
      else
        read_symbol_node(child, names, path, depth, object);
    }
  }

  void read_symbol_node(uint64_t address, std::string_view names, const std::string& path,
                        int depth, Hdf5Object& object) {
    once(address, path);
    Cursor at = cursor(address, "symbol node");
    at.expect("SNOD");
    at.skip(2);
    const uint16_t entries = at.u16();
    for (int i = 0; i < entries; ++i) {
      const uint64_t name_at = at.u64(), header = at.u64();
      const uint32_t kind = at.u32();
      at.skip(20);
      if (name_at >= names.size()) at.refuse("names an entry outside its heap");
      const std::string_view rest = names.substr(name_at, kLongestName + 1);
      const std::string name(rest.substr(0, rest.find('\0')));
      if (kind == 2)
        refuse(path + "/" + name,
               "is a soft link, which is never followed; save the object itself");
      add_child(name, header, path, depth, object);
    }
  }

  // --- datasets ---------------------------------------------------------------------------------
  void read_dataset(const Header& header, const std::string& path, Hdf5Object& object) {
    if (header.space.empty() || header.type.empty())
      refuse(path, "lacks its shape or its type; write the file again");
    const auto dims = read_space(inside(header.space, "dataspace"));
    const Type type = read_type(inside(header.type, "datatype"));
    if (!dims) refuse(path, "has no elements and no shape; write the file again");
    if (type.kind != Type::Kind::number)
      refuse(path, "has elements of type {} of {} bytes; weights are numbers", type.name,
             type.size);
    const Shape shape(*dims);
    const uint64_t size = static_cast<uint64_t>(shape.elements()) * size_of(type.dtype);
    const std::string_view data = data_of(header.layout, size, path);
    kept_ += size;
    if (kept_ > bytes_.size())
      refuse(path, "overlaps other data: the file has {} bytes in all", bytes_.size());
    object.data = Tensor::empty(shape, type.dtype);
    std::copy(data.begin(), data.end(), reinterpret_cast<char*>(object.data.raw()));
    if (type.dtype == DType::bool_)
      for (char* byte = reinterpret_cast<char*>(object.data.raw()); const char value : data)
        *byte++ = value != 0;
  }

  std::string_view data_of(std::string_view layout, uint64_t size, const std::string& path) const {
    Cursor at = inside(layout, "layout");
    const uint8_t version = at.u8();
    if (version != 3 && version != 4)
      refuse(path, "has a layout of version {}; save it with HDF5 1.8 or newer", version);
    const uint8_t kind = at.u8();
    if (kind == 2) refuse(path, "is stored in chunks; save it without compression");
    if (kind == 3) refuse(path, "is virtual: its data is in other files, which are never opened");
    if (kind > 3) at.refuse("has an unknown kind {}", kind);
    const uint64_t address = kind == 1 ? at.u64() : 0;
    const uint64_t stored = kind == 1 ? at.u64() : at.u16();
    if (stored != size && !(size == 0 && address == kNowhere))
      refuse(path, "has {} bytes of data, its shape and type take {}; write the file again", stored,
             size);
    if (size == 0) return {};
    if (kind == 1 && (address > bytes_.size() || size > bytes_.size() - address))
      refuse(path, "has {} bytes at byte {} of {}; the file is cut or altered", size, address,
             bytes_.size());
    return kind == 1 ? bytes_.substr(address, size) : at.take(size);
  }

  void read_attribute(std::string_view body, const std::string& path, Hdf5Object& object) {
    Cursor at = inside(body, "attribute");
    const uint8_t version = at.u8();
    if (version < 1 || version > 3) at.refuse("has version {}", version);
    if (version > 1 && (at.u8() & 3))
      refuse(path, "has an attribute of a shared type; save it plainly");
    if (version == 1) at.skip(1);
    const uint16_t name_size = at.u16(), type_size = at.u16(), space_size = at.u16();
    if (version == 3) at.skip(1);
    const auto part = [&](uint16_t size) {
      const auto taken = at.take(size);
      if (version == 1) at.skip((8 - size % 8) % 8);
      return taken;
    };
    const std::string_view raw_name = part(name_size);
    const std::string name(raw_name.substr(0, raw_name.find('\0')));
    const Type type = read_type(inside(part(type_size), "datatype"));
    const auto dims = read_space(inside(part(space_size), "dataspace"));
    auto [kept, is_new] = object.attributes.try_emplace(name);
    if (!is_new) refuse(path, "has the attribute '{}' twice", name);
    if (!dims) return;
    kept->second.scalar = dims->empty();
    kept->second.texts = texts_.read(type, Shape(*dims).elements(), at);
  }

  std::string_view bytes_;
  const std::string& where_;
  HeapTexts texts_;
  std::set<uint64_t> seen_;
  uint64_t kept_ = 0;
};

}  // namespace
}  // namespace tutti::hdf5

namespace tutti {

Hdf5Object parse_hdf5(std::string_view bytes, const std::string& where) {
  return hdf5::Reader(bytes, where).read();
}

}  // namespace tutti
