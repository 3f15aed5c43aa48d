// A program of somebody else: a layer of its own, used from a job file beside a shipped one.
#include <tutti/tutti.h>

namespace {

struct GainOptions {
  double initial = 1.0;
};

// Multiplies each feature by a weight of its own.
class GainLayer final : public tutti::Layer {
 public:
  using Options = GainOptions;
  explicit GainLayer(Options options) : options_(options) {}
  const Options& options() const { return options_; }

 protected:
  void build(const std::vector<tutti::Shape>& inputs) override {
    const tutti::Config initial(tutti::Config::Map{{"value", tutti::Config(options_.initial)}});
    gain_ = add_weight("gain", {inputs[0][-1]},
                       tutti::Config(tutti::Config::Map{{"Constant", initial}}));
  }
  std::vector<tutti::Value> call(const std::vector<tutti::Value>& inputs) override {
    return {only(inputs) * gain_->read()};
  }

 private:
  Options options_;
  tutti::VariablePtr gain_;
};

TUTTI_REGISTER(tutti::Layer, GainLayer, "Gain", "x gain")
    .argument("initial", &GainOptions::initial, "what every gain begins with");

}  // namespace

int main(int argc, char** argv) { return tutti::run_command(argc, argv); }
