// The lessons' programs print the numbers of their lessons.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "tests/launch/run_program.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using testing_support::quoted_word;

class LessonPrograms : public testing_support::InTemporaryFolder {
 protected:
  std::string output_of(const std::string& program, const std::string& arguments = "") {
    const auto finished =
        shell(quoted_word(std::string(TUTTI_BINARY_DIR) + "/bin/" + program) + " " + arguments);
    EXPECT_EQ(finished.code, 0) << finished.err;
    return finished.out;
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

TEST_F(LessonPrograms, APerceptronLearnsEveryGateButXor) {
  const std::string out = output_of("example_perceptron");
  for (const char* gate : {"AND", "OR", "NOT"})
    EXPECT_EQ(number_behind(out, std::string(gate) + ": right "), 1) << gate;
  EXPECT_LT(number_behind(out, "XOR: right "), 1);
  EXPECT_EQ(number_behind(out, "XOR: right 0.50 after "), 50);  // it never comes to an end
  EXPECT_THAT(out, HasSubstr("XOR in two layers: [0. 1. 1. 0.]"));
}

TEST_F(LessonPrograms, ASearchFindsAModelByEachTunerAndGoesOn) {
  for (const std::string how : {"random", "grid", "bayesian", "hyperband"}) {
    const std::string out = output_of("example_tuner_lesson", how + " 3");
    EXPECT_THAT(out, HasSubstr("units_2: an integer from 32 to 512 in steps of 32")) << how;
    EXPECT_THAT(out, HasSubstr(" best trials of 3")) << how;
    EXPECT_GT(number_behind(out, "best model: "), 0.9) << how;
  }
  EXPECT_THAT(output_of("example_tuner_lesson", "random 4"), HasSubstr("best trials of 4"));
}

TEST_F(LessonPrograms, GradientDescentByHandAndByDenseAreOne) {
  for (const std::string seed : {"42", "7"}) {
    const std::string out = output_of("example_gradient_descent", "--seed " + seed);
    EXPECT_NEAR(number_behind(out, "w = "), 2, 1e-5);
    EXPECT_NEAR(number_behind(out, "by hand, "), number_behind(out, "w = "), 5e-7);
  }
}

TEST_F(LessonPrograms, GradientsAreTheDerivativesOnPaper) {
  const std::string out = output_of("example_chain_rule");
  const double sine = std::sin(1.5), cosine = std::cos(1.5), e = std::exp(1.5);
  EXPECT_NEAR(number_behind(out, "(x^8)' = "), 8 * std::pow(1.5, 7), 1e-9);
  EXPECT_NEAR(number_behind(out, "(x^8)'''''''' = "), 40320, 1e-6);
  EXPECT_NEAR(number_behind(out, "(e^x sin x)' = "), e * (sine + cosine), 1e-9);
  EXPECT_NEAR(number_behind(out, "(e^x sin x)'''' = "), -4 * e * sine, 1e-9);
}

TEST_F(LessonPrograms, LayersWithoutActivationsAreOne) {
  const std::string out = output_of("example_linear_collapse");
  EXPECT_LE(number_behind(out, "outputs apart by "), 1e-5);
  EXPECT_GE(number_behind(out, "without activations, by "), 0.1);
}

TEST_F(LessonPrograms, AnLstmSpellsHelp) {
  const std::string out = output_of("example_help_lstm");
  EXPECT_THAT(out, HasSubstr("452 parameters"));
  EXPECT_THAT(out, HasSubstr("200 steps: ELP"));
  EXPECT_THAT(out, HasSubstr("400 steps: ELP"));
}

TEST_F(LessonPrograms, IrisesAreToldApartInEveryWay) {
  for (const char* program : {"iris", "iris_subclassed", "iris_picture"})
    EXPECT_GE(number_behind(output_of(std::string("example_") + program), "test accuracy "), 0.93)
        << program;
  const std::string two = output_of("example_iris_two_outputs");
  EXPECT_GE(number_behind(two, "outputs_1_accuracy "), 0.93);
  EXPECT_LE(number_behind(two, "outputs_2_mae "), 0.2);
}

// A text that is here; a longer one takes minutes.
TEST_F(LessonPrograms, ACharacterTransformerLearnsItsText) {
  const std::string out =
      output_of("example_char_transformer",
                quoted_word(std::string(TUTTI_SOURCE_DIR) + "/LICENSE") + " --steps 40");
  EXPECT_LE(number_behind(out, "validation loss "), 2.9);  // that of letters by frequency is 3.1
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
