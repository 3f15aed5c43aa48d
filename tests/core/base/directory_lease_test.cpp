// Who gets a directory: machines that crash, filesystems without locks, clocks that disagree, two
// that come at once.
#include "core/base/directory_lease.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>

#include "core/base/error.h"

namespace tutti {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Lock = LeasePlace::Lock;

// Of the tests' thread; renewing threads wait by the machine's.
class TestClock final : public Clock {
 public:
  Duration now() override { return time; }
  std::chrono::milliseconds unix_time() override { return std::chrono::milliseconds(0); }
  void sleep_for(Duration duration) override {
    time += duration;
    if (meanwhile) meanwhile();
  }
  Duration time{};
  std::function<void()> meanwhile;
};

// A directory on a server whose clock is years behind ours.
struct Server {
  explicit Server(TestClock& clock) : clock(clock) {}
  Clock::Duration now() const { return clock.time - seconds(100'000'000); }
  TestClock& clock;
  Lock lock = Lock::given;
  std::mutex mutex;
  std::optional<LeasePlace::Seen> owner;
  int64_t living = 0;  // a pid
};

class PlaceOnServer final : public LeasePlace {
 public:
  explicit PlaceOnServer(Server& server) : server_(server) {}
  Lock lock() override { return server_.lock; }
  std::optional<Seen> look() override {
    const std::lock_guard lock(server_.mutex);
    return server_.owner;
  }
  Clock::Duration server_time() override { return server_.now(); }
  void write(const std::string& text) override {
    const std::lock_guard lock(server_.mutex);
    server_.owner = Seen{text, server_.now()};
  }
  bool renew(const std::string& text) override {
    const std::lock_guard lock(server_.mutex);
    if (server_.owner && server_.owner->text != text) return false;
    server_.owner = Seen{text, server_.now()};
    return true;
  }
  void remove() override {
    const std::lock_guard lock(server_.mutex);
    server_.owner.reset();
  }
  bool lives(int64_t pid, int64_t) override { return pid == server_.living; }

 private:
  Server& server_;
};

LeaseOwner owner_on(const std::string& host, int64_t pid = 12) {
  return {host, "boot-of-" + host, pid, 345, "2026-01-31T09:05:00.250Z", host + "-nonce"};
}

class LeaseTest : public testing::Test {
 protected:
  std::unique_ptr<DirectoryLease> take(const LeaseOwner& self, LeaseTimes times = {},
                                       DirectoryLease::Lost lost = nullptr) {
    return std::make_unique<DirectoryLease>("runs/one", std::make_unique<PlaceOnServer>(server_),
                                            self, times, std::move(lost));
  }
  std::string refusal(const LeaseOwner& self) {
    try {
      take(self);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::io);
      return error.what();
    }
    return "taken";
  }
  void held_by(const LeaseOwner& owner) { server_.owner = {owner.text(), server_.now()}; }
  double waited() const { return seconds_of(clock_.time); }

  TestClock clock_;
  Replace<Clock> replaced_{clock_};
  Server server_{clock_};
};

TEST_F(LeaseTest, NamesItsOwnerWhileItLastsAndLeavesNothing) {
  {
    const auto lease = take(owner_on("a"));
    const auto owner = LeaseOwner::parse(server_.owner->text);
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->described(), "process 12 on a since 2026-01-31T09:05:00.250Z");
    EXPECT_EQ(owner->text(), owner_on("a").text());
  }
  EXPECT_FALSE(server_.owner);
  EXPECT_EQ(waited(), 0);
}

TEST_F(LeaseTest, OfADeadProcessOfThisMachineIsTakenAtOnce) {
  held_by(owner_on("a", 7));
  take(owner_on("a"));
  EXPECT_EQ(waited(), 0);
}

TEST_F(LeaseTest, OfALivingProcessOfThisMachineIsRefusedAtOnce) {
  held_by(owner_on("a", 7));
  server_.living = 7;
  server_.lock = Lock::refused;
  EXPECT_EQ(refusal(owner_on("a")),
            "[runs/one] is in use by process 7 on a since 2026-01-31T09:05:00.250Z; wait for it, "
            "end it, or choose another directory");
  for (const Lock lock : {Lock::given, Lock::none}) {
    server_.lock = lock;
    EXPECT_THAT(refusal(owner_on("a")), HasSubstr("process 7 on a"));
  }
  EXPECT_EQ(waited(), 0);
}

// What it was starting when it died has its lock for a moment more.
TEST_F(LeaseTest, OfADeadProcessIsTakenWhenItsChildLetsGo) {
  held_by(owner_on("a", 7));
  server_.lock = Lock::refused;
  clock_.meanwhile = [&] {
    if (waited() >= 0.3) server_.lock = Lock::given;
  };
  EXPECT_EQ(refusal(owner_on("a")), "taken");
  EXPECT_LT(waited(), 0.5);
  held_by(owner_on("a", 7));
  server_.lock = Lock::refused;
  clock_.meanwhile = nullptr;
  EXPECT_THAT(refusal(owner_on("a")), HasSubstr("process 7 on a"));
  EXPECT_LT(waited(), 3);
}

// Whatever the kernel says of another machine's lock, its lease decides.
TEST_F(LeaseTest, OfADeadMachineIsTakenOverWhenItHasLapsed) {
  for (const Lock lock : {Lock::given, Lock::refused, Lock::none}) {
    held_by(owner_on("b"));
    server_.lock = lock;
    const auto begin = clock_.time;
    testing::internal::CaptureStderr();
    take(owner_on("a"));
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("was held by process 12 on b since 2026-01-31T09:05:00.250Z, who has not "
                          "renewed its lease for 30 s; taken over"));
    EXPECT_LE(seconds_of(clock_.time - begin), 32);
    EXPECT_GT(seconds_of(clock_.time - begin), 30);
    held_by(owner_on("b"));
    clock_.time += seconds(31);
    const auto later = clock_.time;
    take(owner_on("a"));
    EXPECT_LE(clock_.time - later, seconds(1));  // it lapsed long ago
  }
}

TEST_F(LeaseTest, ThatIsRenewedElsewhereIsRefused) {
  for (const Lock lock : {Lock::given, Lock::refused, Lock::none}) {
    held_by(owner_on("b"));
    server_.lock = lock;
    const auto begin = clock_.time;
    clock_.meanwhile = [&] {
      if (clock_.time - begin >= seconds(5)) held_by(owner_on("b"));
    };
    EXPECT_THAT(refusal(owner_on("a")), HasSubstr("in use by process 12 on b since 2026"));
    EXPECT_LE(clock_.time - begin, seconds(6));
    clock_.meanwhile = nullptr;
  }
}

TEST_F(LeaseTest, OfWhichNothingCanBeReadIsRefusedOrLapses) {
  server_.owner = {"\x01 nonsense", server_.now()};
  server_.lock = Lock::refused;
  clock_.meanwhile = [&] { server_.owner->renewed = server_.now(); };
  EXPECT_THAT(refusal(owner_on("a")), HasSubstr("in use by another process"));
  clock_.meanwhile = nullptr;
  EXPECT_EQ(refusal(owner_on("a")), "taken");
  server_.owner.reset();
  server_.lock = Lock::refused;  // it has not said yet who it is
  EXPECT_THAT(refusal(owner_on("a")), HasSubstr("in use by another process"));
}

TEST_F(LeaseTest, OfTwoThatComeAtOnceOneGetsIt) {
  server_.lock = Lock::none;
  clock_.meanwhile = [&] { held_by(owner_on("b")); };  // while it settles
  EXPECT_THAT(refusal(owner_on("a")), HasSubstr("process 12 on b"));
}

template <typename Condition>
bool within_ten_seconds(const Condition& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    ::usleep(10'000);
  }
  return false;
}

TEST_F(LeaseTest, IsRenewedUntilAnotherTakesIt) {
  std::atomic<bool> lost{false};
  std::string message;
  const auto lease =
      take(owner_on("a"), {.renewal = std::chrono::milliseconds(2)}, [&](const std::string& said) {
        message = said;
        lost = true;
      });
  {
    const std::lock_guard lock(server_.mutex);
    server_.owner->renewed -= seconds(40);
  }
  EXPECT_TRUE(within_ten_seconds([&] {
    const std::lock_guard lock(server_.mutex);
    return server_.owner->renewed == server_.now();
  }));
  {
    const std::lock_guard lock(server_.mutex);
    held_by(owner_on("b"));
  }
  EXPECT_TRUE(within_ten_seconds([&] { return lost.load(); }));
  EXPECT_THAT(message, HasSubstr("[runs/one] was taken over by another"));
  EXPECT_EQ(LeaseOwner::parse(server_.owner->text)->host, "b");  // and stays
}

TEST(LeaseOwner, OfThisProcessLives) {
  const LeaseOwner self = LeaseOwner::this_process();
  EXPECT_EQ(self.pid, ::getpid());
  EXPECT_GT(self.born, 0);
  const auto place = lease_place(testing::TempDir());
  EXPECT_TRUE(place->lives(self.pid, self.born));
  EXPECT_FALSE(place->lives(self.pid, self.born + 1));
  EXPECT_FALSE(LeaseOwner::parse("process 12 on a"));
}

// The machine's files: the same words, at a later time, and never over another's.
TEST(LeasePlace, OnThisMachine) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("lease" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto place = lease_place(folder);
  EXPECT_EQ(place->lock(), Lock::given);
  EXPECT_EQ(lease_place(folder)->lock(), Lock::refused);
  EXPECT_FALSE(place->look());
  place->write("mine");
  const auto first = place->look();
  EXPECT_EQ(first->text, "mine");
  EXPECT_LE(first->renewed, place->server_time());
  ::usleep(20'000);
  EXPECT_TRUE(place->renew("mine"));
  EXPECT_GT(place->look()->renewed, first->renewed);
  EXPECT_FALSE(place->renew("other"));
  EXPECT_EQ(place->look()->text, "mine");
  place->remove();
  EXPECT_FALSE(place->look());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tutti
