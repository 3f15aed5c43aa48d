// `tutti convert`: quantized weights, PyTorch's layout, and what it refuses.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/base/error.h"
#include "io/formats/npy.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using testing::HasSubstr;

class ConvertTest : public InTemporaryFolder {
 protected:
  static std::string model(const std::string& name) {
    return quoted_word(std::string(TUTTI_SOURCE_DIR) + "/tests/io/keras/files/" + name);
  }
  void succeed(const std::string& line) const {
    const Finished got = shell(line);
    EXPECT_EQ(got.code, 0) << line << "\n" << got.out << got.err;
  }
  void fail(const std::string& line, ExitCode code, const std::string& message) const {
    const Finished got = shell(line);
    EXPECT_EQ(got.code, static_cast<int>(code)) << line;
    EXPECT_THAT(got.err, HasSubstr(message)) << line;
  }
};

TEST_F(ConvertTest, QuantizesAModel) {
  succeed("tutti convert " + model("nested.keras") + " eight.keras --quantize int8");
  succeed("tutti convert " + model("nested.keras") + " plain.keras --quantize int8 --weights-only");
  succeed("tutti convert " + model("nested.keras") + " four.safetensors --quantize int4");
  EXPECT_NE(read_text(folder_ / "eight.keras"), read_text(folder_ / "plain.keras"));
  EXPECT_THAT(read_text(folder_ / "four.safetensors"), HasSubstr("\"dtype\":\"I8\""));
  fail("tutti convert eight.keras x.onnx", ExitCode::job, "is quantized, which is not exported");
  fail("tutti convert eight.keras x.tflite", ExitCode::missing,
       "is quantized, which is not written");
  fail("tutti convert eight.keras x.keras --quantize int4", ExitCode::job, "is quantized already");
}

TEST_F(ConvertTest, AQuantizedModelGivesTheSameBitsOnEveryInstructionSet) {
  succeed("tutti convert " + model("quantized_int8.keras") + " m.keras");
  std::vector<int32_t> words;
  for (int i = 0; i < 160; ++i) words.push_back(3 * i * i % 7);
  write_npy(folder_ / "x.npy", Tensor::from(words, {40, 4}));
  for (const char* isa : {"x86_64", "avx2"})
    succeed(fmt::format("tutti predict m.keras --input x.npy --output {}.npy --isa {}", isa, isa));
  EXPECT_EQ(read_text(folder_ / "x86_64.npy"), read_text(folder_ / "avx2.npy"));
}

TEST_F(ConvertTest, WritesAStateDictAndTakesItBack) {
  succeed("tutti convert " + model("compiled.keras") + " w.safetensors --layout torch");
  EXPECT_THAT(read_text(folder_ / "w.safetensors"), HasSubstr(".weight\""));
  succeed("tutti convert " + model("compiled.keras") +
          " again.h5 --weights w.safetensors --layout torch");
  succeed("tutti convert again.h5 w2.safetensors --layout torch");
  EXPECT_EQ(read_text(folder_ / "w.safetensors"), read_text(folder_ / "w2.safetensors"));
}

TEST_F(ConvertTest, RefusesWhatItsOptionsDoNotSay) {
  const std::string in = "tutti convert " + model("nested.keras");
  fail(in + " x.keras --quantize int2", ExitCode::usage, "use int8 or int4");
  fail(in + " x.keras --weights-only", ExitCode::usage, "give --quantize int8 too");
  fail(in + " x.safetensors --layout jax", ExitCode::usage, "use keras or torch");
  fail(in + " x.keras --layout torch", ExitCode::usage, "--layout torch is of weights");
}

}  // namespace
}  // namespace tutti::testing_support
