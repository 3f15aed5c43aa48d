"""The jobs of launch/examples on shipped sets."""

from keras_of_job import job_in_keras
from lesson import Lesson, job


def of_job(name, measure="accuracy"):
    return Lesson(name, job(name, measure), job_in_keras(name, measure), measure)


LESSONS = [of_job("digits"), of_job("digits_cnn"), of_job("digits_lstm"), of_job("digits_transformer"),
           of_job("iris"), of_job("iris_two_outputs", "outputs_1_accuracy")]
