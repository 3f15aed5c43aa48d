// A model's file where a command takes a run: no job says what its inputs are made of.
#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using testing::HasSubstr;

class ModelFile : public InTemporaryFolder {
 protected:
  static std::string model(const std::string& name) {
    return quoted_word(std::string(TUTTI_SOURCE_DIR) + "/tests/io/keras/files/" + name);
  }
  void refused(const std::string& line, const std::string& words) const {
    const Finished got = shell(line);
    EXPECT_NE(got.code, 0) << line;
    EXPECT_THAT(got.err, HasSubstr(words)) << line;
  }
};

TEST_F(ModelFile, PredictsRowsOfACsvAsThoseOfAnArray) {
  write("x.csv", "a,b,c,d,e,f\n1,2,3,4,5,6\n0.5,-1,0,2,-3,1\n");
  write("wide.csv", "1,2,3,4,5,6\n0.5,-1,0,2,-3,1\n");
  for (const std::string inputs :
       {"--input x.csv --input x.csv", "--input '{csv: wide.csv, header: no}' --input wide.csv"}) {
    const Finished got = shell("tutti predict " + model("shared.keras") + " " + inputs +
                               " --output y.csv && head -c 1 y.csv && wc -l < y.csv");
    EXPECT_EQ(got.code, 0) << got.err;
    EXPECT_THAT(got.out, HasSubstr("2 rows in y.csv"));
  }
  // Steps of vectors are read row by row of a line.
  write("source.csv", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23\n");
  write("target.csv", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14\n");
  const Finished got = shell("tutti predict " + model("encoder_decoder.keras") +
                             " --input source.csv --input target.csv --output y.csv");
  EXPECT_EQ(got.code, 0) << got.err;
}

TEST_F(ModelFile, SaysWhichColumnsAnInputWants) {
  write("narrow.csv", "a,b\n1,2\n");
  write("text.csv", "a,b,c,d,e,f\nx,2,3,4,5,6\n");
  const std::string predict = "tutti predict " + model("compiled.keras") + " --output y.csv ";
  refused(predict + "--input narrow.csv", "has 2 values in a row");
  refused(predict + "--input text.csv", "column 'a' is text");
  refused(predict + "--input narrow.csv --input narrow.csv", "takes 1 inputs");
}

TEST_F(ModelFile, IsDrawn) {
  const Finished got =
      shell("tutti plot " + model("nested.h5") + " --output m.svg && grep -c inner m.svg");
  EXPECT_EQ(got.code, 0) << got.err;
  refused("tutti plot gone.keras --output m.svg", "gone.keras");
}

}  // namespace
}  // namespace tutti::testing_support
