/**
 * Chat templates: the part of Jinja that model files use, as an interpreter of its own, since templates come from files and must be able
 * to do nothing but write text. Output, steps and nesting are limited. A template is immutable; a rendering belongs to one thread.
 */
package dev.penstock.inference.serving.template;
