"""Kills, pauses and restarts the parts of a running system at random, and proves that nothing
acknowledged is lost and nothing counted twice.
"""
