// A machine whose disk is in memory. It keeps what was done to it in order, so that a test can ask
// what a crash after any of it may leave: what was synced is there, of the rest any part.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti::test {

class MemoryFiles final : public FileSystem {
 public:
  // A file, or a folder with what is in it.
  struct Node {
    bool folder = false;
    std::string content;
    std::map<std::string, std::shared_ptr<Node>> inside;
  };
  using NodePtr = std::shared_ptr<Node>;

  MemoryFiles() : root_(make_folder()) {}
  explicit MemoryFiles(NodePtr root) : root_(std::move(root)) {}

  // Asked before each operation that changes something; throws to let it fail.
  std::function<void(const std::string& what, const Path& path)> before = [](auto&, auto&) {};

  std::string read(const Path& path, uint64_t limit) override {
    const std::lock_guard lock(mutex_);
    const NodePtr node = find(path);
    if (!node || node->folder || node->content.size() > limit)
      fail(ExitCode::data, path.string(), "cannot be read; check the path");
    return node->content;
  }
  void read_part(const Path& path, uint64_t offset, std::span<std::byte> into) override {
    const std::string all = read(path, kReadLimit);
    if (offset > all.size() || into.size() > all.size() - offset)
      fail(ExitCode::data, path.string(), "is cut; write it again");
    std::memcpy(into.data(), all.data() + offset, into.size());
  }
  uint64_t size(const Path& path) override { return read(path, kReadLimit).size(); }
  bool exists(const Path& path) override {
    const std::lock_guard lock(mutex_);
    return find(path) != nullptr;
  }
  std::vector<std::string> list(const Path& path) override {
    const std::lock_guard lock(mutex_);
    const NodePtr node = find(path);
    if (!node || !node->folder) fail(ExitCode::data, path.string(), "cannot list; check the path");
    std::vector<std::string> names;
    for (const auto& [name, inside] : node->inside) names.push_back(name);
    return names;
  }

  void make_directories(const Path& path) override {
    act("make", path, [&] {
      NodePtr at = root_;
      for (const auto& part : path.relative_path()) {
        NodePtr& next = at->inside[part.string()];
        if (!next) {
          next = make_folder();
          log_.push_back({Kind::enter, at, part.string(), next, "", true});
        }
        at = next;
      }
    });
  }
  std::unique_ptr<OutputFile> create(const Path& path, const Path&) override;
  std::unique_ptr<OutputFile> extend(const Path& path) override;
  // A link is a file that holds its target: enough to say that a name is taken.
  bool make_link(const Path& link, const Path& target) override {
    bool made = false;
    act("link", link, [&] {
      if ((made = !find(link))) write(enter(link), target.string());
    });
    return made;
  }
  Path link_target(const Path& link) override {
    return exists(link) ? Path(read(link, kReadLimit)) : Path();
  }
  void rename(const Path& from, const Path& to) override {
    act("rename", to, [&] {
      const NodePtr source = parent(from), target = parent(to), moved = find(from);
      const NodePtr there = find(to);
      if (!moved || (there && there->folder && !there->inside.empty()))
        fail(ExitCode::io, to.string(), "cannot replace; check it");
      source->inside.erase(from.filename().string());
      target->inside[to.filename().string()] = moved;
      log_.push_back({Kind::move, source, from.filename().string(), target, to.filename().string(),
                      false, moved});
    });
  }
  void remove(const Path& path) override {
    act("remove", path, [&] {
      if (const NodePtr node = find(path)) remove_below(parent(path), path.filename().string());
    });
  }
  void sync_directory(const Path& path) override {
    act("sync folder", path, [&] {
      const NodePtr node = find(path);
      if (!node) fail(ExitCode::io, path.string(), "cannot sync: there is none; check the path");
      log_.push_back({Kind::sync, node, "", nullptr, ""});
    });
  }
  void append(const Path& path, std::string_view content) override {
    act("append", path, [&] {
      NodePtr node = find(path);
      if (!node) node = enter(path);
      write(node, content);
    });
  }
  void truncate(const Path& path, uint64_t size) override {
    act("cut", path, [&] { find(path)->content.resize(size); });
  }
  std::unique_ptr<DirectoryLock> lock(const Path&) override {
    return std::make_unique<DirectoryLock>();
  }

  size_t operations() const { return log_.size(); }

  // The disk as a crash after the first `count` operations may leave it: each that no later sync
  // among them covers is there or not, as `chance` says, and data in any part.
  NodePtr crashed(size_t count, std::mt19937_64& chance) const;

 private:
  enum class Kind { enter, leave, move, write, sync };
  struct Operation {
    Kind kind;
    NodePtr at;  // the folder or the file
    std::string name;
    NodePtr node;      // what is entered; the other folder of a move
    std::string text;  // what is written; the other name of a move
    bool durable = false;
    NodePtr moved = nullptr;
  };
  class File;

  static NodePtr make_folder() {
    auto node = std::make_shared<Node>();
    node->folder = true;
    return node;
  }
  template <typename Act>
  void act(const std::string& what, const Path& path, const Act& body) {
    before(what, path);
    const std::lock_guard lock(mutex_);
    body();
  }
  NodePtr find(const Path& path) const {
    NodePtr at = root_;
    for (const auto& part : path.relative_path()) {
      const auto next = at->inside.find(part.string());
      if (next == at->inside.end()) return nullptr;
      at = next->second;
    }
    return at;
  }
  NodePtr parent(const Path& path) const {
    const NodePtr node = find(path.parent_path());
    if (!node) fail(ExitCode::io, path.string(), "cannot write; make its folder");
    return node;
  }
  NodePtr enter(const Path& path) {
    const NodePtr folder = parent(path);
    NodePtr& node = folder->inside[path.filename().string()];
    node = std::make_shared<Node>();
    log_.push_back({Kind::enter, folder, path.filename().string(), node, ""});
    return node;
  }
  void write(const NodePtr& node, std::string_view content) {
    node->content += content;
    log_.push_back({Kind::write, node, "", nullptr, std::string(content)});
  }
  void remove_below(const NodePtr& folder, const std::string& name) {
    const NodePtr node = folder->inside.at(name);
    std::vector<std::string> names;
    for (const auto& [inner, inside] : node->inside) names.push_back(inner);
    for (const auto& inner : names) remove_below(node, inner);
    folder->inside.erase(name);
    log_.push_back({Kind::leave, folder, name, node, ""});
  }
  bool synced(size_t index, size_t count) const;

  NodePtr root_;
  std::vector<Operation> log_;
  mutable std::mutex mutex_;
};

class MemoryFiles::File final : public OutputFile {
 public:
  File(MemoryFiles& files, NodePtr node, Path path)
      : files_(files), node_(std::move(node)), path_(std::move(path)) {}
  void write(std::string_view content) override {
    files_.act("write", path_, [&] { files_.write(node_, content); });
  }
  void sync() override {
    files_.act("sync", path_, [&] { files_.log_.push_back({Kind::sync, node_, "", nullptr, ""}); });
  }
  void close() override {
    files_.act("close", path_, [] {});
  }

 private:
  MemoryFiles& files_;
  NodePtr node_;
  Path path_;
};

inline std::unique_ptr<OutputFile> MemoryFiles::create(const Path& path, const Path&) {
  NodePtr node;
  act("create", path, [&] { node = enter(path); });
  return std::make_unique<File>(*this, node, path);
}

inline std::unique_ptr<OutputFile> MemoryFiles::extend(const Path& path) {
  NodePtr node;
  act("extend", path, [&] {
    node = find(path);
    if (!node) node = enter(path);
  });
  return std::make_unique<File>(*this, node, path);
}

// Whether the disk has operation `index` for sure once the first `count` are done.
inline bool MemoryFiles::synced(size_t index, size_t count) const {
  const Operation& operation = log_[index];
  if (operation.durable) return true;
  const auto later = [&](const NodePtr& node) {
    for (size_t i = index + 1; i < count; ++i)
      if (log_[i].kind == Kind::sync && log_[i].at == node) return true;
    return false;
  };
  return later(operation.at) || (operation.kind == Kind::move && later(operation.node));
}

inline MemoryFiles::NodePtr MemoryFiles::crashed(size_t count, std::mt19937_64& chance) const {
  std::map<NodePtr, NodePtr> copies{{root_, make_folder()}};
  const auto copy = [&](const NodePtr& node) -> Node& {
    NodePtr& twin = copies[node];
    if (!twin) {
      twin = std::make_shared<Node>();
      twin->folder = node->folder;
    }
    return *twin;
  };
  std::set<NodePtr> broken;  // files of which a write is lost: what follows is, too
  for (size_t i = 0; i < count; ++i) {
    const Operation& done = log_[i];
    const bool sure = synced(i, count);
    if (done.kind == Kind::sync || (done.kind != Kind::write && !sure && chance() % 2)) continue;
    if (done.kind == Kind::write) {
      if (broken.contains(done.at)) continue;
      std::string text = done.text;
      if (!sure) {
        const auto fate = chance() % 4;
        if (fate == 0) text.clear();
        if (fate == 1) text.resize(chance() % (text.size() + 1));
        if (fate == 2) std::fill(text.begin(), text.end(), '\0');
        if (fate < 3) broken.insert(done.at);
      }
      copy(done.at).content += text;
    } else if (done.kind == Kind::enter) {
      copy(done.node), copy(done.at).inside[done.name] = copies[done.node];
    } else if (done.kind == Kind::leave) {
      auto& inside = copy(done.at).inside;
      const auto found = inside.find(done.name);
      if (found != inside.end() && found->second == copies[done.node]) inside.erase(found);
    } else {
      copy(done.moved);
      copy(done.at).inside.erase(done.name);
      copy(done.node).inside[done.text] = copies[done.moved];
    }
  }
  return copies[root_];
}

}  // namespace tutti::test
