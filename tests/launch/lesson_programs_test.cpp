// The lessons' programs print the numbers of their lessons.
#include <cstdlib>

#include "tests/launch/run_program.h"

namespace tutti {
namespace {

using testing_support::quoted_word;

class LessonPrograms : public testing_support::InTemporaryFolder {
 protected:
  std::string output_of(const std::string& program) {
    const auto finished = shell(quoted_word(std::string(TUTTI_BINARY_DIR) + "/bin/" + program));
    EXPECT_EQ(finished.code, 0) << finished.err;
    return finished.out;
  }

  // The number behind the words.
  static double number_behind(const std::string& text, const std::string& words) {
    const size_t at = text.find(words);
    if (at == std::string::npos) {
      ADD_FAILURE() << "no '" << words << "' in " << text;
      return 0;
    }
    return std::atof(text.c_str() + at + words.size());
  }
};

TEST_F(LessonPrograms, DeadNeuronsLeaveTheMean) {
  const std::string out = output_of("example_dead_relu");
  EXPECT_NEAR(number_behind(out, "loss "), 44.0, 1e-5);
  EXPECT_NEAR(number_behind(out, "then "), 8.659273, 2e-6);
  EXPECT_NEAR(number_behind(out, "predict(9) = "), 5.204283, 2e-6);
  EXPECT_NEAR(number_behind(out, "predict(90) = "), 5.204283, 2e-6);
}

TEST_F(LessonPrograms, TwoLayersLearnALineFromScratch) {
  const std::string out = output_of("example_two_layers_from_scratch");
  EXPECT_NEAR(number_behind(out, "epoch 0: loss "), 197.587847, 1e-6);
  EXPECT_NEAR(number_behind(out, "epoch 10: loss "), 0.782274, 1e-6);
  EXPECT_NEAR(number_behind(out, "epoch 90: loss "), 0.000100422, 1e-9);
  EXPECT_NEAR(number_behind(out, "predict(9) = "), 17.9969277, 1e-7);
}

TEST_F(LessonPrograms, FiveDigitsHelpWithFiveOthers) {
  const std::string out = output_of("example_transfer_learning");
  EXPECT_GE(number_behind(out, "accuracy "), 0.8);
  EXPECT_GE(number_behind(out, "frozen, "), 0.9);
}

TEST_F(LessonPrograms, AGanDrawsDigits) {
  const std::string out = output_of("example_gan");
  EXPECT_LE(number_behind(out, "mean images differ by "), 0.12);
}

}  // namespace
}  // namespace tutti
