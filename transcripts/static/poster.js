// Prints the poster.
document.getElementById("print").addEventListener("click", () => window.print());
