#include "launch/supervise/rank_page.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "launch/control/membership_wire.h"

namespace tutti::supervise {
namespace {

constexpr uint64_t kMagic = 0x3167617069747574;  // of this layout

// The newest of the words that one writer says, for readers that never hold it up. There are two
// places, so that a writer that dies while it writes leaves the word before.
template <size_t bytes>
class Register {
 public:
  bool write(const std::string& word) {
    if (word.size() > bytes) return false;
    const uint64_t next = count_.load(std::memory_order_relaxed) + 1;
    Place& place = places_[next % 2];
    place.size = word.size();
    std::memcpy(place.text, word.data(), word.size());
    count_.store(next, std::memory_order_release);
    return true;
  }
  std::optional<std::string> read() const {
    for (uint64_t count = words(); count > 0;) {
      const Place& place = places_[count % 2];
      std::string word(place.text, std::min<uint64_t>(place.size, bytes));
      // Not a load, which what was read before it may pass; no fence, which the thread sanitizer
      // does not know.
      const uint64_t now = count_.fetch_add(0, std::memory_order_acq_rel);
      if (now == count) return word;
      count = now;
    }
    return std::nullopt;
  }
  uint64_t words() const { return count_.load(std::memory_order_acquire); }

 private:
  struct Place {
    uint64_t size;
    char text[bytes];
  };
  mutable std::atomic<uint64_t> count_;
  Place places_[2];
};

}  // namespace

// In memory that begins as zeros; pages that nobody touches are never there.
struct RankPage::Page {
  uint64_t magic, job;
  std::atomic<int64_t> lease, step;  // lease: nanoseconds of the steady clock
  std::atomic<uint32_t> rings;       // a futex of two processes, which std::atomic::wait is not
  Register<size_t{1} << 16> states;
  Register<size_t{4} << 20> orders;
};

RankPage RankPage::make(uint64_t job) {
  const int descriptor = ::memfd_create("tutti-rank", 0);  // inherited by what is started
  void* memory = MAP_FAILED;
  if (descriptor >= 0 && ::ftruncate(descriptor, sizeof(Page)) == 0)
    memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) {
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    fail(ExitCode::missing, "supervise", "no memory to share with the rank: {}; free some",
         std::strerror(reason));
  }
  Page* page = static_cast<Page*>(memory);
  page->magic = kMagic;
  page->job = job;
  return RankPage(descriptor, page);
}

RankPage RankPage::open(int descriptor) {
  struct stat status = {};
  void* memory = MAP_FAILED;
  if (::fstat(descriptor, &status) == 0 && status.st_size == sizeof(Page))
    memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED || static_cast<Page*>(memory)->magic != kMagic)
    fail(
        ExitCode::world, variable,
        "descriptor {} is no memory of a supervisor of this version; start ranks by `tutti launch`",
        descriptor);
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);  // for nobody that the rank may start
  return RankPage(descriptor, static_cast<Page*>(memory));
}

RankPage::RankPage(RankPage&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      page_(std::exchange(other.page_, nullptr)) {}

uint64_t RankPage::job() const { return page_->job; }

RankPage::~RankPage() {
  if (page_) ::munmap(page_, sizeof(Page));
  if (descriptor_ >= 0) ::close(descriptor_);
}

void RankPage::tell(const RankOrders& orders) {
  wire::RankOrders word;
  if (orders.world) *word.mutable_world() = control::to_wire(*orders.world);
  word.set_directive(control::to_wire(orders.directive));
  *word.mutable_decision() = control::to_wire(orders.decision);
  if (!page_->orders.write(word.SerializeAsString()))
    fail(ExitCode::world, "supervise", "a world of {} ranks is too large to be told; use fewer",
         orders.world->seats.size());
  ring();
}

std::optional<RankOrders> RankPage::told() const {
  const auto text = page_->orders.read();
  wire::RankOrders word;
  if (!text || !word.ParseFromString(*text)) return std::nullopt;
  RankOrders orders;
  if (word.has_world())
    orders.world = std::make_shared<const membership::World>(control::from_wire(word.world()));
  orders.directive = control::from_wire(word.directive());
  orders.decision = control::from_wire(word.decision());
  return orders;
}

void RankPage::say(const membership::RankState& state) {
  page_->states.write(control::to_wire(state).SerializeAsString());
}

std::optional<membership::RankState> RankPage::heard() const {
  const auto text = page_->states.read();
  wire::RankState word;
  if (!text || !word.ParseFromString(*text)) return std::nullopt;
  membership::RankState state = control::from_wire(word);
  state.progress.step = step().load(std::memory_order_relaxed);
  return state;
}

uint64_t RankPage::words() const { return page_->states.words(); }
uint64_t RankPage::orders() const { return page_->orders.words(); }

void RankPage::set_lease(std::chrono::steady_clock::time_point end) {
  page_->lease.store(end.time_since_epoch() / std::chrono::nanoseconds(1));
}
std::chrono::steady_clock::time_point RankPage::lease() const {
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(page_->lease.load()));
}

uint32_t RankPage::rings() const { return page_->rings.load(std::memory_order_acquire); }

void RankPage::ring() {
  page_->rings.fetch_add(1, std::memory_order_release);
  ::syscall(SYS_futex, &page_->rings, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void RankPage::await_ring(uint32_t rings, std::chrono::milliseconds most) const {
  const timespec time{most.count() / 1000, most.count() % 1000 * 1'000'000};
  ::syscall(SYS_futex, &page_->rings, FUTEX_WAIT, rings, &time, nullptr, 0);
}

std::atomic<int64_t>& RankPage::step() const { return page_->step; }

}  // namespace tutti::supervise
