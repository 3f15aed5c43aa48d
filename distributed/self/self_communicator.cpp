#include "distributed/self/self_communicator.h"

#include <new>

#include "distributed/shared_memory/region.h"

namespace tutti {
namespace {

class SelfCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::string_view name() const override { return "self"; }

  Request start_exchange(std::span<const Outgoing> out, std::span<const Incoming> in) override {
    poll();
    copy_own_messages(0, out, in);
    return {};
  }
  std::unique_ptr<Communicator> split(int, int) override { return make_self_communicator(); }
  std::unique_ptr<SharedRegion> share(size_t bytes) override {
    return std::make_unique<SharedRegion>(*this, zeroed_pages(SharedRegion::memory_bytes(1, bytes)),
                                          bytes);
  }
  void abort(const Error&) override {}
  bool has_ended(int) const override { return false; }
  void poll() override {
    if (revoked_) throw CommunicationError("[self] this world was revoked; go on in shrink()'s");
  }
  bool agree(bool mine) override { return mine; }
  bool fault_tolerant() const override { return true; }
  void revoke() override { revoked_ = true; }
  std::unique_ptr<Communicator> shrink() override { return make_self_communicator(); }

 protected:
  void wait_for(uint64_t) override {}
  void give_up(uint64_t) noexcept override {}

 private:
  bool revoked_ = false;
};

struct SelfBackend : CommunicatorBackend {
  using Options = NoOptions;
  explicit SelfBackend(Options) {}
  Options options() const { return {}; }
  int preference() const override { return 1; }
  std::unique_ptr<Communicator> join() const override { return make_self_communicator(); }
};
TUTTI_REGISTER(CommunicatorBackend, SelfBackend, "self", "one process alone");

}  // namespace

std::unique_ptr<Communicator> make_self_communicator() {
  return std::make_unique<SelfCommunicator>();
}

}  // namespace tutti
