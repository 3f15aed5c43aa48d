#include "distributed/thread/thread_group.h"

namespace tutti {

void ThreadWorld::stop(std::exception_ptr error) {
  {
    const std::lock_guard lock(mutex_);
    if (!first_) first_ = std::move(error);
  }
  stopped_.store(true);
}

std::exception_ptr ThreadWorld::first_error() {
  const std::lock_guard lock(mutex_);
  return first_;
}

void ThreadWorld::end_quietly(std::exception_ptr peer_failure) {
  const std::lock_guard lock(mutex_);
  if (!quiet_) quiet_ = std::move(peer_failure);
}

std::exception_ptr ThreadWorld::quiet_error() {
  const std::lock_guard lock(mutex_);
  return quiet_;
}

ThreadGroup::ThreadGroup(int size, std::shared_ptr<ThreadWorld> world)
    : size(size), world(std::move(world)), ranks(new Rank[static_cast<size_t>(size)]) {}

uint64_t ThreadGroup::publish(std::shared_ptr<void> object) {
  const std::lock_guard lock(mutex_);
  objects_[++last_key_] = std::move(object);
  return last_key_;
}

std::shared_ptr<void> ThreadGroup::published(uint64_t key) {
  const std::lock_guard lock(mutex_);
  return objects_.at(key);
}

void ThreadGroup::withdraw(uint64_t key) {
  const std::lock_guard lock(mutex_);
  objects_.erase(key);
}

std::shared_ptr<ThreadGroup> ThreadGroup::successor(uint64_t meeting, int size) {
  const std::lock_guard lock(mutex_);
  auto& group = successors_[meeting];
  if (!group) group = std::make_shared<ThreadGroup>(size, world);
  return group;
}

}  // namespace tutti
