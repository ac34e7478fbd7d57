/**
 * Runs programs that {@code mtc package} wrote.
 *
 * <pre>{@code
 * try (Program program = Program.load("net.mtp"); Session session = program.session()) {
 *   Tensor image = Tensor.of(pixels, 1, 3, 224, 224);
 *   float[] scores = session.run(image).get(0).toFloats();
 * }
 * }</pre>
 *
 * <p>A {@link Program} may be shared by threads. A {@link Session} runs one call after the other, so threads that are
 * to run at the same time have a session each. What is not closed is released some time after it was garbage, when
 * the next program or session is made.
 */
package dev.mtc;
